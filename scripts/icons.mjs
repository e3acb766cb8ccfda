/**
 * Renders the icons of the installed demo from www/public/favicon.svg into www/public/icons, which
 * is in the repository.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from './browser.mjs';
import { root } from './project.mjs';

const folder = join(root, 'www', 'public');
const drawing = readFileSync(join(folder, 'favicon.svg'), 'utf8');
const [, colour] = drawing.match(/<rect [^>]*fill="(#\w+)"/);

/** The name of a file, its size in pixels, and the share of the side that the drawing takes. */
const ICONS = [
  ['icon-192', 192, 1],
  ['icon-512', 512, 1],
  // Systems cut these to their own shape, which contains at least a circle of 80 % of the side.
  ['icon-maskable-512', 512, 0.72],
  ['apple-touch-icon', 180, 0.8],
];

mkdirSync(join(folder, 'icons'), { recursive: true });
const browser = await launchBrowser();
const page = await browser.newPage();
for (const [name, size, share] of ICONS) {
  await page.setViewportSize({ width: size, height: size });
  const background = share < 1 ? `background:${colour};` : '';
  await page.setContent(
    `<style>body{margin:0;height:100vh;display:grid;place-items:center;${background}}svg{width:${100 * share}%}</style>${drawing}`,
  );
  await page.screenshot({ path: join(folder, 'icons', `${name}.png`), omitBackground: true });
}
await browser.close();
