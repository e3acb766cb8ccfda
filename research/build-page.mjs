/** Builds pages of the benchmarks. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../scripts/project.mjs';

/** Builds one page of `web/`, without those that import other libraries, into the folder `site`. */
export function buildPage(site, page) {
  rmSync(site, { recursive: true, force: true });
  mkdirSync(site, { recursive: true });
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  run(process.execPath, [vite, 'build', '--logLevel', 'error', '--outDir', site, '--emptyOutDir', 'false'], {
    cwd: join(root, 'research', 'web'),
    env: { ...process.env, BENCH_PAGES: page },
  });
}
