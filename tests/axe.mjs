/** Checks pages with axe. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/project.mjs';

const AXE = readFileSync(join(root, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');

/** The violations that axe finds in the page as it is now, with the elements. */
export async function axeViolations(page) {
  await page.evaluate(`${AXE};0`);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
