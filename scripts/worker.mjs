/**
 * Bundles the script of the package's worker, dist/worker.js, into one file. A page of another
 * origin then loads it with one request, and bundlers find no cycle between the worker and the
 * module that starts it.
 *
 *     node scripts/worker.mjs        bundle it again after `tsc --project pkg-templates`
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { fail, root } from './project.mjs';

/** The worker starts no worker of its own, so it does not contain the code for that. */
const withoutClient = {
  name: 'without-client',
  load: (id) => (id.endsWith(join('worker', 'client.js')) ? 'export const createInWorker = undefined;' : null),
};

/** Bundles dist/worker/server.js of the folder `pkg` to dist/worker.js. */
export async function bundleWorker(pkg) {
  const dist = join(pkg, 'dist');
  const input = join(dist, 'worker', 'server.js');
  const bundle = await rolldown({ input, plugins: [withoutClient], logLevel: 'warn' });
  const { output } = await bundle.write({ file: join(dist, 'worker.js'), format: 'esm', codeSplitting: false });
  await bundle.close();
  if (output.length !== 1) fail(`dist/worker.js must be one file, but the bundle has ${output.length}`);
  writeFileSync(
    join(dist, 'worker.d.ts'),
    '/** The worker of `TryOn.create({ worker })`; it has no exports. */\nexport {};\n',
  );
  for (const part of ['server', 'frames']) {
    for (const type of ['js', 'd.ts']) rmSync(join(dist, 'worker', `${part}.${type}`));
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await bundleWorker(join(root, 'pkg'));
