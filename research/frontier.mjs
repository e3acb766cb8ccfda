/**
 * Measures the cost and accuracy of generators of other sizes, inputs and numbers of stages, for
 * the tables "The frontier" in weights/MODEL_CARD.md. The last line of output is JSON.
 *
 * usage: node research/frontier.mjs [--train DATA] [--storage DATA --weights FILE] [ROW …]
 *
 * For every row it prints the size in bytes (f16), the milliseconds per stage in Chromium (one
 * thread, interleaved rounds), and the landmark errors if the row has been trained. `--train`
 * trains the named rows, or all of them, into runs/frontier, and resumes interrupted runs; a row
 * takes a few minutes to an hour. `--storage` measures the f32 or f16 weights FILE stored with
 * fewer bits. DATA is a folder of labelled portraits (docs/training.md, Data).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findBrowser, launchBrowser, NO_BROWSER } from '../scripts/browser.mjs';
import { serve } from '../scripts/preview.mjs';
import { fail, root, run, say } from '../scripts/project.mjs';
import { bytesOf, stgan, TRAINED_MAGNITUDE } from './stgan.mjs';
import { headerOf, tensorsOf } from './web/safetensors.js';

const ROUNDS = 60;
const WARM_UP = 8;
/** The number of stages per measurement, because the clock of a page is coarse. */
const REPEAT = 5;
const CONFIG = 'configs/frontier.toml';

/** The changes of each row to the model and the training in configs/frontier.toml. */
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

const runFolder = (name) => join(root, 'runs', 'frontier', name);

/** The options of `stgan train` for a row. */
function trainOptions({ model = {}, stages = 1, set = [] }) {
  const values = Object.entries(model).map(
    ([key, value]) => `model.${key}=${typeof value === 'number' ? value : JSON.stringify(value)}`,
  );
  if (stages > 1)
    values.push(`model.stages=${stages}`, `regression.iterations=${JSON.stringify(Array(stages).fill(3000))}`);
  return [...values, ...set].flatMap((value) => ['--set', value]);
}

function train(name, data) {
  say(`Training ${name}`);
  const run = ['train', '--data', data, '--config', CONFIG, '--out', runFolder(name), ...trainOptions(ROWS[name])];
  if (existsSync(runFolder(name))) run.push('--resume');
  const { status } = spawnSync('cargo', ['run', '--release', '--quiet', '--', ...run], { cwd: root, stdio: 'inherit' });
  if (status !== 0) fail(`training the row ${name} failed`);
}

/**
 * The median and the 95th percentile of the error before and after each update, or null for an
 * untrained row.
 */
function landmarkErrors(name) {
  const file = join(runFolder(name), 'metrics.jsonl');
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const last = lines.findLast((line) => line.p95);
  return last ? { stage: last.stage, iteration: last.iteration, median: last.median, p95: last.p95 } : null;
}

/**
 * Measures the median milliseconds per stage of each model in Chromium, and the size of its file.
 */
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
      stgan('init', ...target, '--config', CONFIG, '--stages', 1, ...options, ...TRAINED_MAGNITUDE);
      const { metadata, entries } = headerOf(bytesOf(path(i)));
      return entries['stages.0.conv1.weight'].shape[1] * Number(metadata.size) ** 2;
    });
    const times = await page.evaluate(
      async ([url, sizes, rounds, warmUp, repeat]) => {
        const { default: start, TryOn } = await import('/wasm/stgan.js');
        await start({ module_or_path: '/wasm/stgan.wasm' });
        const running = [];
        for (const [i, size] of sizes.entries()) {
          const weights = new Uint8Array(await (await fetch(`${url}${i}.safetensors`)).arrayBuffer());
          running.push({
            networks: new TryOn(weights, 'glasses'),
            planes: Float32Array.from({ length: size }, (_, k) => Math.sin(k)),
            times: [],
          });
        }
        for (let round = -warmUp; round < rounds; round++) {
          for (const { networks, planes, times } of running) {
            const start = performance.now();
            for (let i = 0; i < repeat; i++) networks.answer(0, planes);
            if (round >= 0) times.push((performance.now() - start) / repeat);
          }
        }
        return running.map(({ times }) => times.toSorted((a, b) => a - b)[times.length >> 1]);
      },
      [files.url, sizes, ROUNDS, WARM_UP, REPEAT],
    );
    return { times, bytes: models.map((_, i) => statSync(path(i)).size) };
  } finally {
    await browser.close();
    await Promise.all([pages.close(), files.close()]);
  }
}

/** Quantises each channel to signed integers of `bits` bits with a scale per channel, in place. */
function quantize({ shape, values }, bits) {
  const [maxInteger, channelLength] = [2 ** (bits - 1) - 1, values.length / shape[0]];
  for (let channel = 0; channel < shape[0]; channel++) {
    const weights = values.subarray(channel * channelLength, (channel + 1) * channelLength);
    const scale = weights.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0) / maxInteger || 1;
    for (let i = 0; i < weights.length; i++) weights[i] = Math.round(weights[i] / scale) * scale;
  }
}

/**
 * Quantises an f32 file to `bits` bits, which the program does not support, and returns the size in
 * bytes.
 */
function quantizeFile(file, bits) {
  const buffer = bytesOf(file);
  let bytes = 0;
  for (const tensor of Object.values(tensorsOf(buffer))) {
    const { shape, values } = tensor;
    const isMatrix = shape.length > 1;
    // As in the program's i8 format, each channel has an f32 scale and biases are f32.
    bytes += isMatrix ? (values.length * bits) / 8 + 4 * shape[0] : 4 * values.length;
    if (isMatrix) quantize(tensor, bits);
  }
  writeFileSync(file, new Uint8Array(buffer));
  return Math.round(bytes);
}

/** The size and the errors of weights stored with fewer bits. */
function measureStorage(data, weights) {
  const work = join(root, '.tools', 'frontier');
  mkdirSync(work, { recursive: true });
  return [16, 8, 6, 4].map((bits) => {
    const file = join(work, `${bits}-bits.safetensors`);
    const stored = { 16: 'f16', 8: 'i8' }[bits];
    stgan('export', weights, '-o', file, '--force', '--storage', stored ?? 'f32');
    const bytes = stored ? statSync(file).size : quantizeFile(file, bits);
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
if (unknown.length) fail(`unknown row ${unknown.join(', ')}; expected ${Object.keys(ROWS).join(', ')}`);
if (values.storage && !values.weights) fail('--storage needs --weights FILE');
if (!findBrowser()) fail(NO_BROWSER);
if (values.train) for (const name of positionals.length ? positionals : Object.keys(ROWS)) train(name, values.train);

const { times, bytes } = await milliseconds(Object.values(ROWS));
const rows = Object.keys(ROWS).map((name, i) => ({
  name,
  bytes: bytes[i] * (ROWS[name].stages ?? 1),
  ms: times[i],
  ...landmarkErrors(name),
}));
console.log(
  'row'.padEnd(16),
  'MB (f16)'.padStart(9),
  'ms per stage'.padStart(13),
  '  landmark error (NME) on the validation split after each update, median / 95 %',
);
for (const { name, bytes, ms, median, p95, iteration, stage } of rows) {
  const updates = median
    ?.slice(1)
    .map((error, i) => `${error.toFixed(4)} / ${p95[i + 1].toFixed(4)}`)
    .join(' → ');
  console.log(
    name.padEnd(16),
    (bytes / 1e6).toFixed(2).padStart(9),
    ms.toFixed(2).padStart(13),
    ' ',
    updates ? `${updates} (stage ${stage}, iteration ${iteration})` : 'untrained',
  );
}
const stored = values.storage ? measureStorage(values.storage, values.weights) : [];
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
