/**
 * Compares a generator stage of this package, onnxruntime-web and TensorFlow.js in one page of
 * Chromium: the same weights, one thread, interleaved rounds. It then measures fits, `locate`,
 * download sizes, the start of a page, and tracking. The last line of output is JSON.
 * usage: node research/bench-web.mjs [ROUNDS]
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { findBrowser, launchBrowser, NO_BROWSER } from '../scripts/browser.mjs';
import { serve } from '../scripts/preview.mjs';
import { fail, output, root, run, say } from '../scripts/project.mjs';
import { benchTrack, prepareClip } from './bench-track.mjs';
import { median, rounded } from './statistics.mjs';
import { bytesOf, stgan, TRAINED_MAGNITUDE } from './stgan.mjs';
import { headerOf } from './web/safetensors.js';

const ROUNDS = Number(process.argv[2] ?? 60);
const WARM_UP = 8;
const STARTS = 7;
/** The largest difference of two outputs, relative to the largest value. */
const TOLERANCE = 1e-3;
const LIBRARIES = ['onnxruntime-web', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'];
const PAPER = ['--size', 144, '--inputs', 'rgba', '--channels', '32,64,128,256,512', '--hidden', 256, '--stages', 5];
const NAMES = ['stgan', 'onnxruntime', 'tfjs'];

const exporter = join(root, 'research', 'onnx_export.py');
if (!findBrowser()) fail(NO_BROWSER);

const home = join(root, '.tools', 'bench-web');
const work = join(home, 'work');
const site = join(home, 'site');
const models = join(site, 'models');

/**
 * Returns a Python interpreter with onnx, from a virtual environment in .tools/ that is created if
 * missing.
 */
function pythonWithOnnx() {
  const folder = join(root, '.tools', 'onnx');
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const installed = () => spawnSync(python, ['-c', 'import onnx, safetensors']).status === 0;
  if (!installed()) {
    say('Installing onnx from PyPI into .tools/onnx');
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', folder]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'onnx', 'safetensors', 'numpy']);
    if (!installed()) fail(`onnx was installed into ${folder} but cannot be imported; delete the folder to retry`);
  }
  return python;
}

/**
 * Installs the latest versions of the other libraries into a separate project and returns the
 * versions.
 */
function installLibraries() {
  mkdirSync(work, { recursive: true });
  const manifest = join(work, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true, "type": "module" }\n');
  const latest = LIBRARIES.map((name) => `${name}@latest`);
  const flags = ['--no-audit', '--no-fund', '--loglevel', 'error', '--ignore-scripts'];
  const { status } = spawnSync('npm', ['install', ...flags, ...latest], {
    cwd: work,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const installed = LIBRARIES.every((name) => existsSync(join(work, 'node_modules', name)));
  if (!installed) fail('onnxruntime-web and TensorFlow.js cannot be installed; check the network');
  if (status !== 0)
    console.warn('warning: the installed versions are used, because npm could not check for newer ones');
  return Object.fromEntries(
    LIBRARIES.map((name) => [
      name,
      JSON.parse(readFileSync(join(work, 'node_modules', name, 'package.json'), 'utf8')).version,
    ]),
  );
}

/**
 * Builds the pages into the folder that is served, and copies the wasm files of the other libraries
 * to it.
 */
function buildPages() {
  // The models are kept, because most of them never change.
  rmSync(join(site, 'assets'), { recursive: true, force: true });
  // The pages are built in a copy of their folders, where their imports find the other libraries.
  const pages = join(work, 'research', 'web');
  cpSync(join(root, 'research', 'web'), pages, { recursive: true });
  for (const folder of ['pkg', 'tests/package']) {
    rmSync(join(work, folder), { recursive: true, force: true });
    cpSync(join(root, folder), join(work, folder), { recursive: true });
  }
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  run(process.execPath, [vite, 'build', '--logLevel', 'error', '--outDir', site, '--emptyOutDir', 'false'], {
    cwd: pages,
  });
  const wasmFiles = join(site, 'libraries');
  mkdirSync(wasmFiles, { recursive: true });
  const ort = join(work, 'node_modules', 'onnxruntime-web', 'dist');
  for (const file of ['ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.mjs'])
    cpSync(join(ort, file), join(wasmFiles, file));
  const tfjs = join(work, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'wasm-out');
  for (const kind of ['', '-simd', '-threaded-simd']) {
    const file = `tfjs-backend-wasm${kind}.wasm`;
    cpSync(join(tfjs, file), join(wasmFiles, file));
  }
}

/**
 * Writes the models and returns them as the page loads them: weights, ONNX graphs and input shape.
 */
function prepareModels(python) {
  mkdirSync(models, { recursive: true });
  const [paper, shipped] = ['paper', 'shipped'].map((name) => join(models, `${name}.safetensors`));
  if (!existsSync(paper)) stgan('init', '-o', paper, ...PAPER, ...TRAINED_MAGNITUDE);
  const room = join(models, 'room.safetensors');
  const config = join(root, 'configs', 'paper-room.toml');
  if (!existsSync(room)) stgan('init', '-o', room, '--config', config, ...TRAINED_MAGNITUDE);
  // The exporter reads f32.
  stgan('export', join(root, 'weights', 'glasses.safetensors'), '-o', shipped, '--storage', 'f32', '--force');
  const model = (name, title, stages, size, inputs, isFixed) => {
    const graphs = Array.from({ length: stages }, (_, stage) => `${name}.${stage}.onnx`);
    graphs.forEach((graph, stage) => {
      if (!isFixed || !existsSync(join(models, graph)))
        run(python, [exporter, join(models, `${name}.safetensors`), String(stage), join(models, graph)]);
    });
    const [height, width = height] = String(size).split('x').map(Number);
    return {
      title,
      weights: `/models/${name}.safetensors`,
      graphs: graphs.map((graph) => `/models/${graph}`),
      shape: [1, inputs, height, width],
    };
  };
  const { metadata, entries } = headerOf(bytesOf(shipped));
  const [size, inputs] = [Number(metadata.size), entries['stages.0.conv1.weight'].shape[1]];
  const cascade = model('paper', 'paper size, five stages', 5, 144, 7, true);
  return [
    { ...cascade, key: 'paper', title: 'paper size (144 px, 32 to 512 channels)', graphs: cascade.graphs.slice(0, 1) },
    { ...cascade, key: 'cascade' },
    { ...model('room', 'paper size for rooms (120×160 px)', 1, '120x160', 7, true), key: 'room', task: 'room' },
    { ...model('shipped', `shipped weights (${size} px)`, 1, size, inputs, false), key: 'shipped' },
  ];
}

const row = (title, ...values) => console.log(title.padEnd(46), ...values.map((value) => String(value).padStart(12)));

/** The largest difference of two outputs, relative to the largest value of the second. */
function difference(a, b) {
  const [x, y] = [a.flat(), b.flat()];
  return Math.max(...x.map((value, i) => Math.abs(value - y[i]))) / Math.max(1, ...y.map(Math.abs));
}

const python = pythonWithOnnx();
const versions = installLibraries();
prepareClip();
say('Building the pages and the models');
buildPages();
const settings = prepareModels(python);
const server = await serve(site);
const result = { versions, threads: 1, rounds: ROUNDS, stages: {}, downloads_gzip: {} };
let browser = await launchBrowser();
try {
  result.browser = browser.version();
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  page.on('pageerror', (error) => fail(error.message));
  let files = [];
  page.on('response', (response) => files.push(new URL(response.url()).pathname));
  await page.goto(server.url);
  for (const name of NAMES) {
    files = [];
    await page.evaluate(([name, graph]) => window.bench.load(name, graph), [name, settings.at(-1).graphs[0]]);
    // Models do not count: all libraries load the same one, in different formats.
    const libraryFiles = files.filter((file) => /\.(m?js|wasm)$/.test(file));
    result.downloads_gzip[name] = libraryFiles.reduce(
      (sum, file) => sum + gzipSync(readFileSync(join(site, file)), { level: 9 }).length,
      0,
    );
  }
  say(`Chromium ${result.browser}, ${ROUNDS} rounds, one thread`);
  row('median ms per stage', ...NAMES, 'ratio', 'difference');
  for (const { key, title, ...files } of settings) {
    const { times, outputs } = await page.evaluate(
      ([files, rounds, warmUp]) => window.bench.stages(files, rounds, warmUp),
      [files, ROUNDS, WARM_UP],
    );
    const medians = Object.fromEntries(NAMES.map((name) => [name, median(times[name])]));
    const ratios = times.stgan.map((time, i) => time / times.onnxruntime[i]);
    const largest = Math.max(...NAMES.slice(1).map((name) => difference(outputs.stgan, outputs[name])));
    const ratio = medians.stgan / medians.onnxruntime;
    row(title, ...NAMES.map((name) => medians[name].toFixed(2)), ratio.toFixed(3), largest.toExponential(1));
    if (!(largest <= TOLERANCE)) fail(`the outputs differ by ${largest}, more than ${TOLERANCE}`);
    const fastest = Object.fromEntries(NAMES.map((name) => [name, rounded(Math.min(...times[name]), 3)]));
    result.stages[key] = {
      ms: Object.fromEntries(NAMES.map((name) => [name, rounded(medians[name], 3)])),
      min_ms: fastest,
      ratio: rounded(ratio, 3),
      median_of_ratios: rounded(median(ratios), 3),
      difference: Number(largest.toExponential(2)),
    };
  }
  const sizes = [
    [1632, 1224],
    [4000, 3000],
  ];
  const times = await page.evaluate((settings) => window.bench.fits(...settings), [sizes, ROUNDS, WARM_UP]);
  row('this package, median ms', '2 MP', '12 MP');
  result.fits = {};
  const parts = [
    ['fit', 'fit, all updates of the shipped weights'],
    ['read', '  reading the photo'],
    ['glasses', '  preparing the glasses'],
    ['updates', '  updates'],
    ['overlay', 'overlay'],
    ['composite', 'composite'],
    ['copy', 'plain copy of the photo'],
  ];
  for (const [key, title] of parts) {
    const medians = times.map((time) => median(time[key]));
    row(title, ...medians.map((value) => value.toFixed(2)));
    result.fits[`${key}_ms`] = { mp2: rounded(medians[0], 3), mp12: rounded(medians[1], 3) };
  }
  result.room_fit_ms = rounded(
    median(await page.evaluate((s) => window.bench.roomFits(...s), [sizes[0], ROUNDS, WARM_UP])),
    3,
  );
  row('fit of furniture at 2 MP, median ms', result.room_fit_ms.toFixed(2));
  const photos = [[1280, 960], ...sizes];
  const located = await page.evaluate((settings) => window.bench.locate(...settings), [photos, ROUNDS, WARM_UP]);
  row('locate, median ms', '1.2 MP', '2 MP', '12 MP', 'three faces', 'no face');
  row('', ...located.map(({ ms }) => ms.toFixed(2)));
  result.locate = Object.fromEntries(
    ['mp1', 'mp2', 'mp12', 'three_faces', 'no_face'].map((key, i) => [
      key,
      { ...located[i], ms: rounded(located[i].ms, 3) },
    ]),
  );
} finally {
  await browser.close();
}

const starts = [];
for (let i = 0; i < STARTS; i++) {
  // A new browser each time has no cached files and no cached code.
  browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}start.html`);
    await page.waitForFunction(() => performance.getEntriesByName('first-composite').length > 0);
    starts.push(await page.evaluate(() => performance.getEntriesByName('first-composite')[0].startTime));
  } finally {
    await browser.close();
  }
}
await server.close();
result.start_ms = Math.round(median(starts));
row(
  'from navigation to the first composite, ms',
  result.start_ms,
  `(${Math.round(Math.min(...starts))} to ${Math.round(Math.max(...starts))} ms)`,
);
row('download without the model, bytes with gzip', ...NAMES.map((name) => result.downloads_gzip[name]));
result.track = await benchTrack(site);
result.commit = output('git', ['rev-parse', '--short', 'HEAD']);
console.log(JSON.stringify(result));
