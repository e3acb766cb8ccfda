/** Serves static files on localhost for tests and benchmarks, in the same way as `make demo`. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { preview } from 'vite';
import { root } from './project.mjs';

/**
 * Serves `folder` at the path `base` on a free port, with the headers of www/vite.config.ts.
 * Resolves to the URL and a function that stops the server. Throws if the folder does not exist.
 */
export async function serve(folder, base = '/') {
  if (!existsSync(folder)) throw new Error(`cannot serve ${folder}: the folder does not exist`);
  const server = await preview({
    root: join(root, 'www'),
    base,
    logLevel: 'error',
    build: { outDir: resolve(folder) },
    preview: { port: 0 },
  });
  return { url: server.resolvedUrls.local[0], close: () => server.close() };
}
