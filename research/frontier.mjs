/**
 * What sizes, inputs, stages and ways to store weights cost and give: the tables in weights/MODEL_CARD.md.
 *
 * `node research/frontier.mjs` prints for every row of the frontier bytes (f16) and milliseconds a stage in Chromium, one thread,
 * rounds interleaved; and anchor errors of those rows that have been trained: `--train DATA [ROW …]` does that for the rows named, or
 * all, into runs/frontier, a few minutes to an hour each, and goes on where it was interrupted. `--storage DATA --weights FILE`
 * measures weights (f32 or f16, as training writes them) stored in fewer bits. The last line is JSON.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findBrowser, launchBrowser, NO_BROWSER } from '../scripts/browser.mjs';
import { serve } from '../scripts/preview.mjs';
import { fail, root, run, say } from '../scripts/project.mjs';
import { bytesOf, LIVELY, stgan } from './stgan.mjs';
import { headerOf, tensorsOf } from './web/safetensors.js';

const ROUNDS = 60;
const WARM = 8;
/** Stages in a row that one time is taken of: the page's clock is coarse. */
const REPEAT = 5;
const CONFIG = 'configs/frontier.toml';

/** What each row changes in configs/frontier.toml: of the model, and of how it is trained. */
const ROWS = {
  base: {},
  quarter: { model: { channels: [8, 16, 32, 64, 128] } },
  full: { model: { channels: [32, 64, 128, 256, 512] } },
  'hidden-32': { model: { hidden: 32 } },
  'hidden-256': { model: { hidden: 256 } },
  'no-pose': { model: { inputs: 'rgba' } },
  '96-pixels': { model: { size: 96 } },
  '144-pixels': { model: { size: 144 } },
  'three-stages': { stages: 3 },
  'twice-as-long': { set: ['regression.iterations=[6000]'] },
  'no-penalty': { stages: 2, set: ['regression.update_penalty=0'] },
};

const folder = (name) => join(root, 'runs', 'frontier', name);

function settings({ model = {}, stages = 1, set = [] }) {
  const values = Object.entries(model).map(
    ([key, value]) => `model.${key}=${typeof value === 'number' ? value : JSON.stringify(value)}`,
  );
  if (stages > 1)
    values.push(`model.stages=${stages}`, `regression.iterations=${JSON.stringify(Array(stages).fill(3000))}`);
  return [...values, ...set].flatMap((value) => ['--set', value]);
}

function train(name, data) {
  say(`Training ${name}`);
  const run = ['train', '--data', data, '--config', CONFIG, '--out', folder(name), ...settings(ROWS[name])];
  if (existsSync(folder(name))) run.push('--resume');
  const { status } = spawnSync('cargo', ['run', '--release', '--quiet', '--', ...run], { cwd: root, stdio: 'inherit' });
  if (status !== 0) fail(`training ${name} failed`);
}

/** Medians and 95th percentiles as placed and after each update, where the row has been trained. */
function errors(name) {
  const file = join(folder(name), 'metrics.jsonl');
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const last = lines.findLast((line) => line.p95);
  return last ? { stage: last.stage, iteration: last.iteration, median: last.median, p95: last.p95 } : null;
}

/** Median milliseconds a stage of each model, one thread of Chromium. */
async function milliseconds(models) {
  if (!existsSync(join(root, 'pkg', 'wasm', 'stgan.js'))) run('make', ['pkg']);
  const work = join(root, '.tools', 'frontier');
  mkdirSync(work, { recursive: true });
  const [pages, files] = [await serve(join(root, 'pkg')), await serve(work)];
  const browser = await launchBrowser('--disable-web-security');
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on('pageerror', (error) => fail(error.message));
    await page.goto(`${pages.url}package.json`);
    const path = (i) => join(work, `${i}.safetensors`);
    const sizes = models.map(({ model = {} }, i) => {
      const options = Object.entries(model).flatMap(([name, value]) => [`--${name}`, String(value)]);
      const target = ['-o', path(i), '--force', '--storage', 'f16'];
      stgan('init', ...target, '--config', CONFIG, '--stages', 1, ...options, ...LIVELY);
      const { metadata, entries } = headerOf(bytesOf(path(i)));
      return entries['stages.0.conv1.weight'].shape[1] * Number(metadata.size) ** 2;
    });
    const times = await page.evaluate(
      async ([url, sizes, rounds, warm, repeat]) => {
        const { default: start, TryOn } = await import('/wasm/stgan.js');
        await start({ module_or_path: '/wasm/stgan.wasm' });
        const contenders = [];
        for (const [i, size] of sizes.entries()) {
          const weights = new Uint8Array(await (await fetch(`${url}${i}.safetensors`)).arrayBuffer());
          contenders.push({
            networks: new TryOn(weights),
            planes: Float32Array.from({ length: size }, (_, k) => Math.sin(k)),
            times: [],
          });
        }
        for (let round = -warm; round < rounds; round++) {
          for (const { networks, planes, times } of contenders) {
            const start = performance.now();
            for (let i = 0; i < repeat; i++) networks.answer(0, planes);
            if (round >= 0) times.push((performance.now() - start) / repeat);
          }
        }
        return contenders.map(({ times }) => times.toSorted((a, b) => a - b)[times.length >> 1]);
      },
      [files.url, sizes, ROUNDS, WARM, REPEAT],
    );
    return { times, bytes: models.map((_, i) => statSync(path(i)).size) };
  } finally {
    await browser.close();
    await Promise.all([pages.close(), files.close()]);
  }
}

/** Rounds every channel's numbers to multiples of a scale of its own, integers of `bits` bits. */
function quantize({ shape, values }, bits) {
  const [most, run] = [2 ** (bits - 1) - 1, values.length / shape[0]];
  for (let channel = 0; channel < shape[0]; channel++) {
    const numbers = values.subarray(channel * run, (channel + 1) * run);
    const scale = numbers.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0) / most || 1;
    for (let i = 0; i < numbers.length; i++) numbers[i] = Math.round(numbers[i] / scale) * scale;
  }
}

/** Rounds the numbers of an f32 file to `bits` bits, which no storage of the program has, and counts the bytes. */
function coarsen(file, bits) {
  const buffer = bytesOf(file);
  let bytes = 0;
  for (const tensor of Object.values(tensorsOf(buffer))) {
    const { shape, values } = tensor;
    const matrix = shape.length > 1;
    // A scale of 32 bits for each channel; biases stay f32, as in the program's eight bits.
    bytes += matrix ? (values.length * bits) / 8 + 4 * shape[0] : 4 * values.length;
    if (matrix) quantize(tensor, bits);
  }
  writeFileSync(file, new Uint8Array(buffer));
  return Math.round(bytes);
}

/** Weights stored in fewer bits: bytes and errors. */
function storage(data, weights) {
  const work = join(root, '.tools', 'frontier');
  mkdirSync(work, { recursive: true });
  return [16, 8, 6, 4].map((bits) => {
    const file = join(work, `${bits}-bits.safetensors`);
    const stored = { 16: 'f16', 8: 'i8' }[bits];
    stgan('export', weights, '-o', file, '--force', '--storage', stored ?? 'f32');
    const bytes = stored ? statSync(file).size : coarsen(file, bits);
    const options = ['--json', '--spread', 'dropped', '--data', data, '--weights', file];
    const { spreads } = JSON.parse(stgan('evaluate', ...options));
    return { storage: bits === 16 ? 'f16' : `int${bits}`, bytes, ...spreads[0].updates.at(-1) };
  });
}

const { values, positionals } = parseArgs({
  options: { train: { type: 'string' }, storage: { type: 'string' }, weights: { type: 'string' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in ROWS));
if (unknown.length) fail(`no rows named ${unknown.join(', ')}; there are ${Object.keys(ROWS).join(', ')}`);
if (values.storage && !values.weights) fail('--storage needs --weights FILE');
if (!findBrowser()) fail(NO_BROWSER);
if (values.train) for (const name of positionals.length ? positionals : Object.keys(ROWS)) train(name, values.train);

const { times, bytes } = await milliseconds(Object.values(ROWS));
const rows = Object.keys(ROWS).map((name, i) => ({
  name,
  bytes: bytes[i] * (ROWS[name].stages ?? 1),
  ms: times[i],
  ...errors(name),
}));
console.log(
  'row'.padEnd(16),
  'MB (f16)'.padStart(9),
  'ms a stage'.padStart(11),
  '  anchor error on validation, median / 95 %, after each update',
);
for (const { name, bytes, ms, median, p95, iteration, stage } of rows) {
  const updates = median
    ?.slice(1)
    .map((error, i) => `${error.toFixed(4)} / ${p95[i + 1].toFixed(4)}`)
    .join(' → ');
  console.log(
    name.padEnd(16),
    (bytes / 1e6).toFixed(2).padStart(9),
    ms.toFixed(2).padStart(11),
    ' ',
    updates ? `${updates} (stage ${stage}, iteration ${iteration})` : 'not trained',
  );
}
const stored = values.storage ? storage(values.storage, values.weights) : [];
for (const { storage, bytes, median, p95 } of stored) {
  console.log(
    `shipped weights as ${storage}`.padEnd(30),
    (bytes / 1e6).toFixed(2).padStart(6),
    'MB',
    median.toFixed(4),
    '/',
    p95.toFixed(4),
  );
}
console.log(JSON.stringify({ rows, storage: stored }));
