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

/** Whether the demo shows the composite of a fit. */
const FITTED = 'main[data-state="fitted"][data-exact="true"]';

/**
 * Runs in the page: stores the long tasks with the part of the visit in which they end, and the
 * time of the first composite. `until` waits for an element, `nextText` for another text.
 */
function observe(fitted) {
  window.longTasks = [];
  window.part = 'start';
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longTasks.push({ part: window.part, duration });
  }).observe({ type: 'longtask', buffered: true });
  window.until = (selector) =>
    new Promise((resolve) => {
      const check = () => {
        if (!document.querySelector(selector)) return;
        observer.disconnect();
        resolve();
      };
      const observer = new MutationObserver(check);
      const attributeFilter = ['data-state', 'data-exact', 'data-live'];
      observer.observe(document, { subtree: true, attributes: true, attributeFilter });
      check();
    });
  window.nextText = (selector) =>
    new Promise((resolve) => {
      const element = document.querySelector(selector);
      const observer = new MutationObserver(() => {
        if (!element.textContent) return;
        observer.disconnect();
        resolve(element.textContent);
      });
      observer.observe(element, { childList: true });
    });
  window.until(fitted).then(() => {
    window.firstComposite = performance.now();
  });
}

/**
 * Evaluates an expression in the page. Playwright's own functions inject a script that alone takes
 * the slow main thread 50 ms.
 */
async function evaluate(client, expression) {
  const options = { expression, awaitPromise: true, returnByValue: true };
  const { result, exceptionDetails: failure } = await client.send('Runtime.evaluate', options);
  if (failure) throw new Error(failure.exception?.description ?? failure.text);
  return result.value;
}

async function visit(url) {
  const browser = await launchBrowser(...camera);
  try {
    const context = await browser.newContext({ ...devices['Pixel 7'], permissions: ['camera'] });
    const page = await context.newPage();
    const client = await context.newCDPSession(page);
    await client.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
    await page.addInitScript(observe, FITTED);
    await page.goto(url, { waitUntil: 'commit' });
    const run = (expression) => evaluate(client, expression);
    const until = (selector) => run(`until(${JSON.stringify(selector)})`);
    await until(FITTED);
    const composite = await run('window.firstComposite');
    // Tasks of the start that are still queued do not belong to the fit.
    await page.waitForTimeout(500);
    await run("window.part = 'fit'");
    const fits = [];
    for (let count = 0; count < 3; count++) {
      await run("document.querySelector('#fit').click()");
      await until(FITTED);
      fits.push(
        Number.parseFloat(await run("document.querySelector('.status').textContent.slice('Fitted in '.length)")),
      );
    }
    await page.waitForTimeout(500);
    await run("window.part = 'other'");
    const memory = await run('performance.measureUserAgentSpecificMemory().then(({ bytes }) => bytes)');
    await run("window.part = 'live'");
    await run("document.querySelector('#tab-live').click(); document.querySelector('#live-switch').click()");
    await until('main[data-live="found"]');
    const rates = [];
    while (rates.length < INTERVALS) {
      const shown = await run("nextText('#live-speed')");
      rates.push(Number.parseFloat(shown));
    }
    const tasks = await run('window.longTasks');
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
