import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const title = 'file://';

/** Bundles a script, and opens a page without a server. */
async function build({ run, folder, open }, name, ...flags) {
  const silent = '--log-override:empty-import-meta=silent';
  await run(
    'esbuild',
    `${name}.js`,
    '--bundle',
    '--format=iife',
    '--outdir=out',
    '--log-level=error',
    silent,
    ...flags,
  );
  return open(pathToFileURL(join(folder, `${name}.html`)).href);
}

export const steps = {
  'classic script with the files in it': (context) =>
    build(context, 'bundled', '--loader:.wasm=binary', '--loader:.safetensors=binary'),
  'classic script alone': async (context) => {
    const { error } = await build(context, 'plain');
    if (!/^StganError fetch: .*serve its folder over HTTP/.test(error)) throw new Error(error);
    return 'refused; the error says to serve the folder';
  },
};
