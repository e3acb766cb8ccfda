/**
 * Opens the built demo several times with an empty cache and prints when its first fit starts and
 * ends.
 */

import { join } from 'node:path';
import { launchBrowser } from '../scripts/browser.mjs';
import { serve } from '../scripts/preview.mjs';
import { root } from '../scripts/project.mjs';
import { median } from './statistics.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 9);
const server = await serve(process.env.STGAN_SITE ?? join(root, 'site'));
const rounds = [];
for (let round = 0; round < ROUNDS; round++) {
  // A new browser each time has no cached files and no cached code.
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(server.url);
    await page.waitForSelector('main[data-state="fitted"]', { timeout: 60_000 });
    const marks = await page.evaluate(() =>
      performance.getEntriesByType('mark').map(({ name, startTime }) => [name, startTime]),
    );
    rounds.push(Object.fromEntries(marks));
  } finally {
    await browser.close();
  }
}
await server.close();

const result = { rounds: ROUNDS };
for (const [key, mark] of [
  ['start_ms', 'first-fit-start'],
  ['end_ms', 'first-fit-end'],
]) {
  const values = rounds.map((marks) => marks[mark]);
  result[key] = Math.round(median(values));
  console.log(
    `${mark}: median ${result[key]} ms, ${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))} ms, over ${ROUNDS} runs`,
  );
}
console.log(JSON.stringify(result));
