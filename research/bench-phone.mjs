/**
 * Opens the built demo as on a phone: a small window with touch, an empty cache, and a main thread
 * at a quarter of its speed. Prints the time to the first composite and of a later fit, the frames
 * per second of the live view, the tasks of the main thread over 50 ms, and the memory.
 */
import { join } from 'node:path';
import { devices } from '@playwright/test';
import { launchBrowser } from '../scripts/browser.mjs';
import { serve } from '../scripts/preview.mjs';
import { root } from '../scripts/project.mjs';
import { camera } from '../tests/fixtures.mjs';
import { median } from './statistics.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SLOWDOWN = 4;
/** Intervals over which the live view averages its speed, of one second each. */
const INTERVALS = 4;

/**
 * Runs in the page: stores the long tasks with the part of the visit in which they end, and the
 * time of the first composite.
 */
function observe() {
  window.longTasks = [];
  window.part = 'start';
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longTasks.push({ part: window.part, duration });
  }).observe({ type: 'longtask', buffered: true });
  new MutationObserver((_, observer) => {
    if (!document.querySelector('main[data-state="fitted"][data-exact="true"]')) return;
    window.firstComposite = performance.now();
    observer.disconnect();
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-exact', 'data-state'] });
}

const fitted = (page) => page.waitForSelector('main[data-state="fitted"][data-exact="true"]', { timeout: 120_000 });

async function visit(url) {
  const browser = await launchBrowser(...camera);
  try {
    const context = await browser.newContext({ ...devices['Pixel 7'], permissions: ['camera'] });
    const page = await context.newPage();
    const client = await context.newCDPSession(page);
    await client.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
    await page.addInitScript(observe);
    await page.goto(url, { waitUntil: 'commit' });
    await fitted(page);
    const composite = await page.evaluate(() => window.firstComposite);
    // Tasks of the start that are still queued do not belong to the fit.
    await page.waitForTimeout(500);
    await page.evaluate(() => {
      window.part = 'fit';
    });
    const fits = [];
    for (let count = 0; count < 3; count++) {
      await page.click('#fit');
      await page.waitForSelector('main[data-state="fitting"]', { state: 'attached' });
      await fitted(page);
      fits.push(Number.parseFloat((await page.textContent('.status')).replace(/^Fitted in /, '')));
    }
    await page.waitForTimeout(500);
    const memory = await page.evaluate(async () => (await performance.measureUserAgentSpecificMemory()).bytes);
    await page.evaluate(() => {
      window.part = 'live';
    });
    await page.getByRole('tab', { name: 'Live' }).click();
    await page.getByRole('button', { name: 'Start the camera' }).click();
    await page.waitForSelector('main[data-live="found"]', { timeout: 120_000 });
    const rates = [];
    let text = '';
    while (rates.length < INTERVALS) {
      const shown = await page.waitForFunction((old) => {
        const now = document.querySelector('#live-speed').textContent;
        return now && now !== old ? now : null;
      }, text);
      text = await shown.jsonValue();
      rates.push(Number.parseFloat(text));
    }
    const tasks = await page.evaluate(() => window.longTasks);
    const of = (part) => tasks.filter((task) => task.part === part).map(({ duration }) => duration);
    return {
      composite_ms: composite,
      fit_ms: median(fits),
      live_fps: median(rates),
      tasks_start: of('start').length,
      longest_start_ms: Math.max(0, ...of('start')),
      tasks_fit: of('fit').length,
      longest_fit_ms: Math.max(0, ...of('fit')),
      tasks_live: of('live').length,
      longest_live_ms: Math.max(0, ...of('live')),
      memory_mb: memory / 1e6,
    };
  } finally {
    await browser.close();
  }
}

const server = await serve(process.env.STGAN_SITE ?? join(root, 'site'));
const visits = [];
for (let round = 0; round < ROUNDS; round++) visits.push(await visit(server.url));
await server.close();

const LABELS = {
  composite_ms: 'first composite, ms after navigation',
  fit_ms: 'fit, ms',
  live_fps: 'live, frames per second',
  tasks_start: 'tasks over 50 ms until the first composite',
  longest_start_ms: 'the longest of them, ms',
  tasks_fit: 'tasks over 50 ms in three more fits',
  longest_fit_ms: 'the longest of them, ms',
  tasks_live: 'tasks over 50 ms in the live view',
  longest_live_ms: 'the longest of them, ms',
  memory_mb: 'memory of the page and its workers, MB',
};
const result = { rounds: ROUNDS, slowdown: SLOWDOWN };
for (const [key, label] of Object.entries(LABELS)) {
  const values = visits.map((each) => each[key]);
  result[key] = Math.round(median(values));
  const range = `${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))}`;
  console.log(`${label}: median ${result[key]}, ${range}, over ${ROUNDS} visits`);
}
console.log(JSON.stringify(result));
