/**
 * A generator stage in one page of Chromium: this package, onnxruntime-web and TensorFlow.js on the same weights, one thread
 * each, their rounds interleaved; then a whole fit, the overlay, what each makes a page download, and the start of a page. The
 * last line is JSON. `node research/bench-web.mjs [ROUNDS]`
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { findBrowser, launchBrowser, NO_BROWSER } from '../scripts/browser.mjs';
import { serve } from '../scripts/preview.mjs';
import { fail, output, root, run, say } from '../scripts/project.mjs';
import { benchTrack, prepareClip } from './bench-track.mjs';
import { median, rounded } from './figures.mjs';
import { shared } from './shared.mjs';
import { bytesOf, LIVELY, stgan } from './stgan.mjs';
import { headerOf } from './web/safetensors.js';

const ROUNDS = Number(process.argv[2] ?? 60);
const WARM = 8;
const STARTS = 7;
/** How far answers may lie apart, of the largest number in them. */
const AGREEMENT = 1e-3;
const PEERS = ['onnxruntime-web', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'];
const PAPER = ['--size', 144, '--inputs', 'rgba', '--channels', '32,64,128,256,512', '--hidden', 256, '--stages', 5];
const NAMES = ['stgan', 'onnxruntime', 'tfjs'];

const exporter = join(shared, 'peers', 'onnx_export.py');
if (!existsSync(exporter)) {
  console.log(`bench-web: skipped, since there is no ${exporter}`);
  process.exit(0);
}
if (!findBrowser()) fail(NO_BROWSER);

const home = join(root, '.tools', 'bench-web');
const work = join(home, 'work');
const site = join(home, 'site');
const models = join(site, 'models');

/** A Python that can write ONNX, in an environment of the project's own. */
function pythonWithOnnx() {
  const folder = join(root, '.tools', 'onnx');
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const installed = () => spawnSync(python, ['-c', 'import onnx, safetensors']).status === 0;
  if (!installed()) {
    say('Installing onnx from PyPI into .tools/onnx');
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', folder]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'onnx', 'safetensors', 'numpy']);
    if (!installed()) fail('onnx was installed, but cannot be imported');
  }
  return python;
}

/** The newest peers, in a project of their own: nothing of them is a dependency of this one. */
function installPeers() {
  mkdirSync(work, { recursive: true });
  const manifest = join(work, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true, "type": "module" }\n');
  const latest = PEERS.map((peer) => `${peer}@latest`);
  const flags = ['--no-audit', '--no-fund', '--loglevel', 'error', '--ignore-scripts'];
  const { status } = spawnSync('npm', ['install', ...flags, ...latest], {
    cwd: work,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const installed = PEERS.every((peer) => existsSync(join(work, 'node_modules', peer)));
  if (!installed) fail('the peers cannot be installed');
  if (status !== 0) console.warn('warning: no newer peers could be looked for');
  return Object.fromEntries(
    PEERS.map((peer) => [
      peer,
      JSON.parse(readFileSync(join(work, 'node_modules', peer, 'package.json'), 'utf8')).version,
    ]),
  );
}

/** The pages, built into the folder that is served, and beside them the peers' wasm files. */
function buildPages() {
  // The models stay: most are always the same.
  rmSync(join(site, 'assets'), { recursive: true, force: true });
  // Where the pages' imports find the peers: beside copies of the package and of what draws the pictures.
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
  const peers = join(site, 'peers');
  mkdirSync(peers, { recursive: true });
  const ort = join(work, 'node_modules', 'onnxruntime-web', 'dist');
  for (const file of ['ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.mjs'])
    cpSync(join(ort, file), join(peers, file));
  const tfjs = join(work, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'wasm-out');
  for (const kind of ['', '-simd', '-threaded-simd']) {
    const file = `tfjs-backend-wasm${kind}.wasm`;
    cpSync(join(tfjs, file), join(peers, file));
  }
}

/** Writes a stage of a weights file as ONNX. The exporter writes seven input channels; what weights take may be eight. */
function exportStage(python, weights, stage, size, inputs, file) {
  run(python, [exporter, weights, String(stage), String(size), file]);
  const program = `import onnx, sys; f = sys.argv[1]; m = onnx.load(f); m.graph.input[0].type.tensor_type.shape.dim[1].dim_value = ${inputs}; onnx.save(m, f)`;
  run(python, ['-c', program, file]);
}

/** What the page is to run: weights, their graphs, and how many stages of them. */
function prepareModels(python) {
  mkdirSync(models, { recursive: true });
  const [paper, shipped] = ['paper', 'shipped'].map((name) => join(models, `${name}.safetensors`));
  if (!existsSync(paper)) stgan('init', '-o', paper, ...PAPER, ...LIVELY);
  // In numbers that the exporter reads.
  stgan('export', join(root, 'weights', 'glasses.safetensors'), '-o', shipped, '--storage', 'f32', '--force');
  const model = (name, title, stages, size, inputs, fixed) => {
    const graphs = Array.from({ length: stages }, (_, stage) => `${name}.${stage}.onnx`);
    graphs.forEach((graph, stage) => {
      if (!fixed || !existsSync(join(models, graph)))
        exportStage(python, join(models, `${name}.safetensors`), stage, size, inputs, join(models, graph));
    });
    return {
      title,
      weights: `/models/${name}.safetensors`,
      graphs: graphs.map((graph) => `/models/${graph}`),
      shape: [1, inputs, size, size],
    };
  };
  const { metadata, entries } = headerOf(bytesOf(shipped));
  const [size, inputs] = [Number(metadata.size), entries['stages.0.conv1.weight'].shape[1]];
  const cascade = model('paper', 'paper size, five different stages', 5, 144, 7, true);
  return [
    { ...cascade, key: 'paper', title: 'paper size (144 px, 32 to 512 channels)', graphs: cascade.graphs.slice(0, 1) },
    { ...cascade, key: 'cascade' },
    { ...model('shipped', `shipped weights (${size} px)`, 1, size, inputs, false), key: 'shipped' },
  ];
}

const row = (title, ...values) => console.log(title.padEnd(46), ...values.map((value) => String(value).padStart(12)));

/** The largest difference between the answers of two contenders, of the largest number in them. */
function difference(a, b) {
  const [x, y] = [a.flat(), b.flat()];
  return Math.max(...x.map((value, i) => Math.abs(value - y[i]))) / Math.max(1, ...y.map(Math.abs));
}

const python = pythonWithOnnx();
const versions = installPeers();
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
    await page.evaluate(([name, graph]) => window.bench.load(name, graph), [name, settings[2].graphs[0]]);
    // Models are the same for all, and each has its own format: they do not count.
    const own = files.filter((file) => /\.(m?js|wasm)$/.test(file));
    result.downloads_gzip[name] = own.reduce(
      (sum, file) => sum + gzipSync(readFileSync(join(site, file)), { level: 9 }).length,
      0,
    );
  }
  say(`Chromium ${result.browser}, ${ROUNDS} rounds, one thread`);
  row('median ms a stage', ...NAMES, 'ratio', 'differ by');
  for (const { key, title, ...files } of settings) {
    const { times, answers } = await page.evaluate(
      ([files, rounds, warm]) => window.bench.stages(files, rounds, warm),
      [files, ROUNDS, WARM],
    );
    const medians = Object.fromEntries(NAMES.map((name) => [name, median(times[name])]));
    const ratios = times.stgan.map((time, i) => time / times.onnxruntime[i]);
    const apart = Math.max(...NAMES.slice(1).map((name) => difference(answers.stgan, answers[name])));
    const ratio = medians.stgan / medians.onnxruntime;
    row(title, ...NAMES.map((name) => medians[name].toFixed(2)), ratio.toFixed(3), apart.toExponential(1));
    if (!(apart <= AGREEMENT)) fail(`the answers differ by ${apart}`);
    const least = Object.fromEntries(NAMES.map((name) => [name, rounded(Math.min(...times[name]), 3)]));
    result.stages[key] = {
      ms: Object.fromEntries(NAMES.map((name) => [name, rounded(medians[name], 3)])),
      least_ms: least,
      ratio: rounded(ratio, 3),
      median_of_ratios: rounded(median(ratios), 3),
      difference: Number(apart.toExponential(2)),
    };
  }
  const sizes = [
    [1632, 1224],
    [4000, 3000],
  ];
  const times = await page.evaluate((settings) => window.bench.fits(...settings), [sizes, ROUNDS, WARM]);
  row('this package, median ms', '2 MP', '12 MP');
  result.fits = {};
  const steps = [
    ['fit', 'fit, all updates of the shipped weights'],
    ['read', '  of which reading the photo'],
    ['frame', '  preparing the frame'],
    ['updates', '  updates'],
    ['overlay', 'overlay'],
    ['composite', 'composite of the whole photo'],
    ['copy', 'a copy of its bytes'],
  ];
  for (const [key, title] of steps) {
    const medians = times.map((time) => median(time[key]));
    row(title, ...medians.map((value) => value.toFixed(2)));
    result.fits[`${key}_ms`] = { mp2: rounded(medians[0], 3), mp12: rounded(medians[1], 3) };
  }
  const photos = [[1280, 960], ...sizes];
  const located = await page.evaluate((settings) => window.bench.locate(...settings), [photos, ROUNDS, WARM]);
  row('locate, median ms', '1.2 MP', '2 MP', '12 MP', 'three faces', 'nobody');
  row('', ...located.map(({ ms }) => ms.toFixed(2)));
  result.locate = Object.fromEntries(
    ['mp1', 'mp2', 'mp12', 'three', 'nobody'].map((key, i) => [key, { ...located[i], ms: rounded(located[i].ms, 3) }]),
  );
} finally {
  await browser.close();
}

const starts = [];
for (let i = 0; i < STARTS; i++) {
  // A browser of its own each time: neither its caches nor its compiled code are warm.
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
  `(${Math.round(Math.min(...starts))} to ${Math.round(Math.max(...starts))})`,
);
row('download without the model, bytes gzipped', ...NAMES.map((name) => result.downloads_gzip[name]));
result.track = await benchTrack(site);
result.commit = output('git', ['rev-parse', '--short', 'HEAD']);
console.log(JSON.stringify(result));
