/** Prints the download sizes of the npm package and fails if a page would download too much. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { fail } from './project.mjs';

/** The largest download of a page in bytes, compressed with brotli. */
const MAX_DOWNLOAD = 12_000_000;

/** Parts of the package that a page downloads only for a purpose, and their files. */
const OPTIONAL = [
  ['only on platforms without an image decoder', /decoder\.wasm$/],
  ['only with the option worker', /^dist\/worker(\/|\.js$)/],
  ['only with stgan/element and stgan/react', /^dist\/(element|react)\//],
];

const filesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();

function measure(file) {
  const bytes = readFileSync(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes, { params }).length];
}

/** Prints a table of the files in the folder `pkg` that are downloaded at run time. */
export function printSizes(pkg) {
  const row = (name, sizes) => console.log(name.padEnd(34), ...sizes.map((size) => String(size).padStart(12)));
  const total = [0, 0, 0];
  row('download of a page, in bytes', ['raw', 'gzip', 'brotli']);
  const loaded = filesIn(pkg).filter((file) => /\.(js|wasm|safetensors)$/.test(file));
  const optional = (file) => OPTIONAL.find(([, pattern]) => pattern.test(relative(pkg, file).replaceAll('\\', '/')));
  for (const file of loaded.filter((file) => !optional(file))) {
    const sizes = measure(file);
    for (const [i, size] of sizes.entries()) total[i] += size;
    row(`  ${relative(pkg, file)}`, sizes);
  }
  row('  total', total);
  for (const part of OPTIONAL) {
    row(part[0], []);
    for (const file of loaded.filter((file) => optional(file) === part)) row(`  ${relative(pkg, file)}`, measure(file));
  }
  if (total[2] > MAX_DOWNLOAD)
    fail(`a page would download ${total[2]} bytes with brotli; the limit is ${MAX_DOWNLOAD} (scripts/sizes.mjs)`);
}
