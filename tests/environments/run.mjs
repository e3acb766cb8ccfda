/**
 * Installs the packed package into one project for each environment in which it has to work, and
 * compares the results with those in Node.
 *
 *     node tests/environments/run.mjs [NAME …]        all environments, or these
 *
 * Each folder has a script `environment.mjs`, whose steps return what shared/check.mjs returned.
 * The projects are kept in the folder for temporary files, so that a second run installs nothing.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fail, root } from '../../scripts/project.mjs';
import { openContext } from './context.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const projects = join(tmpdir(), 'stgan-environments');

/** The largest distance from the result in Node, in pixels, of the corners of the glasses. */
const MAX_DISTANCE = 1e-3;

const all = readdirSync(here, { withFileTypes: true })
  .filter((entry) => existsSync(join(here, entry.name, 'environment.mjs')))
  .map(({ name }) => name);
const names = process.argv.length > 2 ? process.argv.slice(2) : all;
for (const name of names) if (!all.includes(name)) fail(`there is no environment ${name}; expected ${all.join(', ')}`);

const npm = (cwd, ...args) =>
  execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel', 'error'], { cwd, encoding: 'utf8' });

/** Creates the project of an environment, or updates it. Returns its folder. */
function install(name, tarball) {
  const [source, folder] = [join(here, name), join(projects, name)];
  const manifest = readFileSync(join(source, 'package.json'), 'utf8');
  const installed = join(folder, 'package.json');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== manifest) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    cpSync(join(source, 'package.json'), `${installed}.new`);
  }
  for (const entry of readdirSync(folder))
    if (!['node_modules', 'package.json', 'package.json.new'].includes(entry))
      rmSync(join(folder, entry), { recursive: true });
  for (const from of [source, join(here, 'shared')]) cpSync(from, folder, { recursive: true });
  cpSync(join(root, 'tests', 'package', 'images.mjs'), join(folder, 'images.mjs'));
  if (existsSync(`${installed}.new`)) {
    if (JSON.parse(manifest).devDependencies) npm(folder, 'install', '--no-package-lock');
    rmSync(`${installed}.new`);
  }
  // Bundlers recognise a dependency by its version, which is that of the package before.
  for (const cache of ['.vite', '.cache'])
    rmSync(join(folder, 'node_modules', cache), { recursive: true, force: true });
  // The package has no dependencies, so unpacking installs it.
  const target = join(folder, 'node_modules', 'stgan');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
  return folder;
}

function pack() {
  mkdirSync(projects, { recursive: true });
  const [{ filename }] = JSON.parse(npm(projects, 'pack', '--json', join(root, 'pkg')));
  return join(projects, filename);
}

/** The distance of the corners of the glasses between two homographies, in pixels of the photo. */
function distance(a, b) {
  const apply = (h, x, y) => {
    const w = h[6] * x + h[7] * y + h[8];
    return [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w];
  };
  const corners = [0, 400].flatMap((x) => [0, 160].map((y) => [x, y]));
  return Math.max(
    ...corners.map(([x, y]) => Math.hypot(...apply(a, x, y).map((value, i) => value - apply(b, x, y)[i]))),
  );
}

/** Throws unless the result is that of Node. A string is a stated reason why there is no result. */
function compare(result, expected) {
  if (typeof result === 'string') return result;
  if (!result?.homography) throw new Error(result?.error ?? `got ${JSON.stringify(result)}`);
  const moved = distance(result.homography, expected.homography);
  if (!(moved <= MAX_DISTANCE)) throw new Error(`the glasses are ${moved} pixels from those in Node`);
  for (const key of ['kind', 'size'])
    if (String(result[key]) !== String(expected[key]))
      throw new Error(`${key} is ${result[key]}, not ${expected[key]}`);
  return '';
}

const tarball = pack();
const rows = [];
let expected;
for (const name of ['node', ...names.filter((each) => each !== 'node')]) {
  const folder = install(name, tarball);
  if (name === 'node') {
    const script =
      "import { TryOn } from 'stgan'; import { check } from './check.mjs'; console.log(JSON.stringify(await check(TryOn)))";
    expected = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder }));
    if (!names.includes(name)) continue;
  }
  const { title, steps } = await import(pathToFileURL(join(here, name, 'environment.mjs')));
  const context = openContext(folder);
  for (const [step, work] of Object.entries(steps)) {
    const start = performance.now();
    let outcome;
    try {
      outcome = { ok: true, note: compare(await work(context), expected) };
    } catch (error) {
      outcome = { ok: false, note: error.message };
    }
    const row = { title, step, seconds: (performance.now() - start) / 1000, ...outcome };
    rows.push(row);
    print(row);
  }
  await context.close();
}

function print({ title, step, seconds, ok, note }) {
  console.log(`${ok ? '✓' : '✗'} ${title.padEnd(24)} ${step.padEnd(36)} ${seconds.toFixed(1).padStart(6)} s  ${note}`);
}

const failed = rows.filter(({ ok }) => !ok);
console.log(`environments: ${rows.length - failed.length} passed, ${failed.length} failed`);
if (failed.length) fail(failed.map(({ title, step }) => `${title}: ${step}`).join('; '));
