/** Prints the download sizes of the npm package and fails if a page would download too much. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { fail } from './project.mjs';

/** The largest download of a page in bytes, compressed with brotli. */
const MAX_DOWNLOAD = 12_000_000;

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
  for (const file of loaded.filter((file) => !file.endsWith('decoder.wasm'))) {
    const sizes = measure(file);
    for (const [i, size] of sizes.entries()) total[i] += size;
    row(`  ${relative(pkg, file)}`, sizes);
  }
  row('  total', total);
  row('only on platforms without an image decoder', []);
  for (const file of loaded.filter((file) => file.endsWith('decoder.wasm')))
    row(`  ${relative(pkg, file)}`, measure(file));
  if (total[2] > MAX_DOWNLOAD)
    fail(`a page would download ${total[2]} bytes with brotli; the limit is ${MAX_DOWNLOAD} (scripts/sizes.mjs)`);
}
