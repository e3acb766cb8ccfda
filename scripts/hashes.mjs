/**
 * Writes wasm/hashes.js of the package: the SHA-256 of the files that are downloaded at run time,
 * to find them in the browser's cache storage.
 *
 *     node scripts/hashes.mjs        write it again
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './project.mjs';

const FILES = {
  wasm: 'wasm/stgan.wasm',
  weights: 'weights/glasses.safetensors',
  room: 'weights/room.safetensors',
  locator: 'weights/locator.safetensors',
  cutOut: 'weights/cutout.safetensors',
};

/** Writes the hashes of the files in the folder `pkg`. */
export function writeHashes(pkg) {
  const sha256 = (file) =>
    createHash('sha256')
      .update(readFileSync(join(pkg, file)))
      .digest('hex');
  const hashes = Object.entries(FILES).map(([name, file]) => `  ${name}: '${sha256(file)}',\n`);
  const note = '/** The SHA-256 of each file that is downloaded at run time. */\n';
  writeFileSync(join(pkg, 'wasm', 'hashes.js'), `${note}export const HASHES = {\n${hashes.join('')}};\n`);
  const type = `Readonly<Record<${Object.keys(FILES)
    .map((name) => `'${name}'`)
    .join(' | ')}, string>>`;
  writeFileSync(join(pkg, 'wasm', 'hashes.d.ts'), `${note}export declare const HASHES: ${type};\n`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) writeHashes(join(root, 'pkg'));
