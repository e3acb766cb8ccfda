/**
 * Uses the packed package for a long time, in Node and in Chromium, and checks that its memory
 * stays flat: its mean in the last tenth of the rounds is at most 2 % above that in the second
 * tenth.
 *
 *     node scripts/soak.mjs [--fits 100000] [--page-fits 10000] [--tracks 1000] [--models 1000]
 *
 * Half of the fits, models and glasses are not disposed of. A count of 0 skips a part. The last
 * line of output is JSON.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { project } from '../tests/package/consumer.mjs';
import { findBrowser, launchBrowser, NO_BROWSER } from './browser.mjs';
import { serve } from './preview.mjs';
import { fail, output } from './project.mjs';

const LIMIT = 1.02;
/** Measurements in a tenth of the rounds. */
const SAMPLES = 5;

const { values } = parseArgs({
  options: {
    fits: { type: 'string', default: '100000' },
    'page-fits': { type: 'string', default: '10000' },
    tracks: { type: 'string', default: '1000' },
    models: { type: 'string', default: '1000' },
  },
});
const counts = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)]));

/** Runs in Node and in pages. Calls `measure` at equal distances; it resolves to bytes. */
const SCENARIOS = `
export async function soak({ TryOn, images, measure, samples }, part, rounds) {
  const { glasses, photo, placementOn } = images;
  const back = photo();
  const fronts = [glasses(), glasses(420), glasses(440)];
  const placement = placementOn(back);
  const tryOn = await TryOn.create();
  const parts = {
    async fits(i) {
      const fit = await tryOn.fit(back, fronts[i % 3], { placement: { ...placement, x: placement.x + (i % 7) }, updates: 1 });
      fit.composite();
      if (i % 2) fit.dispose();
    },
    async tracks(i) {
      const track = await tryOn.track((async function* () { yield back; })(), fronts[i % 3]);
      if (i % 2) await track.ended;
      else track.stop();
    },
    async models(i) {
      const own = await TryOn.create();
      if (i % 2) own.dispose();
    },
  };
  const sizes = [];
  for (let i = 0; i < rounds; i++) {
    await parts[part](i);
    // Finalizers run between tasks.
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve));
    if ((i + 1) % Math.max(1, Math.floor(rounds / (10 * samples))) === 0) sizes.push(await measure());
  }
  tryOn.dispose();
  return sizes;
}
`;

/** Counts the memory of WebAssembly modules, which Chromium's figure of the heap leaves out. */
const WASM_MEMORY = `
const memories = [];
for (const name of ['instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...args) => {
    const result = await original.apply(WebAssembly, args);
    const { memory } = (result.instance ?? result).exports;
    if (memory) memories.push(new WeakRef(memory));
    return result;
  };
}
const wasmBytes = () => memories.reduce((sum, memory) => sum + (memory.deref()?.buffer.byteLength ?? 0), 0);
const measure = async () => (await window.measureHeap()) + wasmBytes();
`;

const mean = (sizes) => sizes.reduce((sum, size) => sum + size, 0) / sizes.length;

/** Prints the means of the second and the last tenth, and returns them. */
function judge(name, rounds, sizes) {
  const tenth = Math.floor(sizes.length / 10);
  const [second, last] = [mean(sizes.slice(tenth, 2 * tenth)), mean(sizes.slice(-tenth))];
  const isFlat = last <= LIMIT * second;
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(
    `${name}, ${rounds} rounds: ${megabytes(second)} in the second tenth, ${megabytes(last)} in the last, ` +
      `${((100 * last) / second - 100).toFixed(2)} %${isFlat ? '' : ': not flat'}`,
  );
  return { name, rounds, second, last, isFlat };
}

function inNode(consumer, part, rounds) {
  writeFileSync(join(consumer.folder, 'soak.mjs'), SCENARIOS);
  writeFileSync(
    join(consumer.folder, 'run-soak.mjs'),
    `import { TryOn } from 'stgan';
     import * as images from './images.mjs';
     import { soak } from './soak.mjs';
     const measure = async () => {
       for (let i = 0; i < 3; i++) {
         globalThis.gc();
         await new Promise((resolve) => setTimeout(resolve, 5));
       }
       const { heapUsed, external } = process.memoryUsage();
       return heapUsed + external;
     };
     console.log(JSON.stringify(await soak({ TryOn, images, measure, samples: ${SAMPLES} }, '${part}', ${rounds})));`,
  );
  const run = ['--expose-gc', join(consumer.folder, 'run-soak.mjs')];
  return JSON.parse(execFileSync(process.execPath, run, { encoding: 'utf8', maxBuffer: 1e8 }));
}

async function inPage(consumer, rounds) {
  consumer.tool('vite/bin/vite.js', 'build', '--logLevel', 'warn');
  const server = await serve(join(consumer.folder, 'dist'));
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(server.url);
    await page.waitForFunction(() => window.images !== undefined);
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    await page.exposeFunction('measureHeap', async () => {
      await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'JSHeapUsedSize').value;
    });
    const script = `${WASM_MEMORY}${SCENARIOS.replace('export ', '')}; soak({ ...window.stgan, images: window.images, measure, samples: ${SAMPLES} }, 'fits', ${rounds})`;
    return await page.evaluate(script);
  } finally {
    await browser.close();
    await server.close();
  }
}

const page = ['index.html', 'main.js', 'worker.js', 'vite.config.js'].map((file) => `vite/${file}`);
const consumer = project(...page, 'images.mjs', 'odd-inputs.mjs');
const results = [];
try {
  for (const part of ['fits', 'tracks', 'models']) {
    if (counts[part]) results.push(judge(`Node, ${part}`, counts[part], inNode(consumer, part, counts[part])));
  }
  if (counts['page-fits']) {
    if (!findBrowser()) fail(NO_BROWSER);
    results.push(judge('Chromium, fits', counts['page-fits'], await inPage(consumer, counts['page-fits'])));
  }
} finally {
  consumer.remove();
}
console.log(JSON.stringify({ results, commit: output('git', ['rev-parse', '--short', 'HEAD']) }));
if (results.some(({ isFlat }) => !isFlat)) process.exitCode = 1;
