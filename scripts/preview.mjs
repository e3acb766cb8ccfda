/** Serves a folder of static files on localhost, as `make demo` serves the demo: for tests and benchmarks. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { preview } from 'vite';
import { root } from './project.mjs';

/**
 * Serves `folder` at the path `base` of any free port, with the headers that www/vite.config.ts states. Resolves to the
 * address and a function that ends the server; a folder that is not there is an error.
 */
export async function serve(folder, base = '/') {
  if (!existsSync(folder)) throw new Error(`there is no folder ${folder} to serve`);
  const server = await preview({
    root: join(root, 'www'),
    base,
    logLevel: 'error',
    build: { outDir: resolve(folder) },
    preview: { port: 0 },
  });
  return { url: server.resolvedUrls.local[0], close: () => server.close() };
}
