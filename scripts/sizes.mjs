/** Prints how large the package is for those who load it, and fails where a page would load too much. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { fail } from './project.mjs';

/** What a page may load, packed with brotli. */
const LIMIT = 12_000_000;

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

/** Prints a table of the package's files. */
export function printSizes(pkg) {
  const row = (name, sizes) => console.log(name.padEnd(34), ...sizes.map((size) => String(size).padStart(12)));
  const total = [0, 0, 0];
  row('what a page loads, in bytes', ['raw', 'gzip', 'brotli']);
  const loaded = filesIn(pkg).filter((file) => /\.(js|wasm|safetensors)$/.test(file));
  for (const file of loaded.filter((file) => !file.endsWith('decoder.wasm'))) {
    const sizes = measure(file);
    for (const [i, size] of sizes.entries()) total[i] += size;
    row(`  ${relative(pkg, file)}`, sizes);
  }
  row('  total', total);
  row('only where images are not decoded by the browser', []);
  for (const file of loaded.filter((file) => file.endsWith('decoder.wasm')))
    row(`  ${relative(pkg, file)}`, measure(file));
  if (total[2] > LIMIT) fail(`a page would load ${total[2]} bytes, more than the ${LIMIT} that it may`);
}
