/**
 * Builds the npm package `stgan` into pkg/: two wasm modules, the TypeScript API and the weights.
 * `--without-decoder` omits the module that decodes image files, which browsers do not need.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeHashes } from './hashes.mjs';
import { ensureWasmTarget, fail, output, root, run, say } from './project.mjs';
import { printSizes } from './sizes.mjs';
import { bundleWorker } from './worker.mjs';

const { target_directory: target, packages } = JSON.parse(
  output('cargo', ['metadata', '--format-version=1', '--no-deps']),
);
const { version } = packages.find(({ name }) => name === 'stgan');
const withDecoder = !process.argv.includes('--without-decoder');
const TARGET = 'wasm32-unknown-unknown';
const pkg = join(root, 'pkg');
const work = join(target, 'pkg');
const bin = (name) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);

// Every engine with simd128 has these features; wasm-opt may use no others.
const FEATURES = [
  'simd',
  'bulk-memory',
  'bulk-memory-opt',
  'nontrapping-float-to-int',
  'sign-ext',
  'mutable-globals',
  'reference-types',
  'multivalue',
].map((feature) => `--enable-${feature}`);

/** Compiles a workspace member to a wasm module and returns the path of the file. */
function compile(member) {
  const type = ['--lib', '--crate-type', 'cdylib'];
  run('cargo', ['rustc', '--package', member, ...type, '--profile', 'wasm', '--target', TARGET]);
  return join(target, TARGET, 'wasm', `${member.replaceAll('-', '_')}.wasm`);
}

/** Runs a binaryen program that reads the wasm file `from` and writes `to`. */
function binaryen(program, from, to, ...flags) {
  run(bin(program), [from, '-o', to, ...FEATURES, ...flags], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Builds stgan.wasm, the module with the networks, and its JavaScript bindings. */
function buildModel() {
  say('Compiling stgan.wasm (one to two minutes the first time)');
  const module = compile('stgan-wasm');
  say('Generating the JavaScript bindings (about a minute the first time, to compile the generator)');
  run('cargo', ['run', '--quiet', '--profile', 'tools', '--package', 'stgan-bindgen', '--', module, work]);
  say('Optimising stgan.wasm (about 30 seconds)');
  binaryen('wasm-opt', join(work, 'stgan_bg.wasm'), join(work, 'stgan.wasm'), '-O3', '--strip-producers');
}

/**
 * Builds decoder.wasm, the module that decodes image files. Exports of its dependencies are
 * removed.
 */
function buildDecoder() {
  say('Compiling decoder.wasm (about a minute the first time)');
  const roots = ['memory', 'allocate', 'decode', 'width', 'height', 'address', 'length'];
  const graph = [{ name: 'root', root: true, reaches: roots }, ...roots.map((name) => ({ name, export: name }))];
  writeFileSync(join(work, 'graph.json'), JSON.stringify(graph));
  const kept = join(work, 'decoder_kept.wasm');
  binaryen('wasm-metadce', compile('stgan-decoder'), kept, '--graph-file', join(work, 'graph.json'));
  binaryen('wasm-opt', kept, join(work, 'decoder.wasm'), '-O3', '--strip-debug', '--strip-producers');
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(join(work, 'decoder.wasm'))));
  if (imports.length > 0)
    fail(`decoder.wasm must have no imports, but imports ${imports.map(({ name }) => name).join(', ')}`);
}

/** Copies all files of the package to pkg/ and compiles the TypeScript. */
function assemble() {
  say('Assembling pkg/');
  rmSync(pkg, { recursive: true, force: true });
  for (const folder of ['wasm', 'weights']) mkdirSync(join(pkg, folder), { recursive: true });
  const modules = ['stgan.wasm', 'stgan.js', 'stgan.d.ts', ...(withDecoder ? ['decoder.wasm'] : [])];
  for (const file of modules) {
    copyFileSync(join(work, file), join(pkg, 'wasm', file));
  }
  const weights = ['glasses', 'room', 'locator', 'cutout'].map((name) => `weights/${name}.safetensors`);
  for (const file of ['LICENSE-APACHE', 'LICENSE-MIT', 'NOTICE', ...weights])
    copyFileSync(join(root, file), join(pkg, file));
  for (const folder of ['wasm', 'weights'])
    copyFileSync(join(root, 'pkg-templates', folder, 'source.d.ts'), join(pkg, folder, 'source.d.ts'));
  const manifest = JSON.parse(readFileSync(join(root, 'pkg-templates', 'package.json'), 'utf8'));
  writeFileSync(join(pkg, 'package.json'), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
  copyFileSync(join(root, 'pkg-templates', 'README.md'), join(pkg, 'README.md'));
  writeHashes(pkg);
  // The compiler reads package.json and the declarations in wasm/, so it runs last.
  run(bin('tsc'), ['--project', 'pkg-templates']);
}

ensureWasmTarget();
mkdirSync(work, { recursive: true });
buildModel();
if (withDecoder) buildDecoder();
assemble();
await bundleWorker(pkg);
printSizes(pkg);
