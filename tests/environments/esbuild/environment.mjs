export const title = 'esbuild';

const LOADERS = ['--loader:.wasm=file', '--loader:.safetensors=file', '--public-path=/'];

/** Bundles a script, and opens a page that loads it. */
async function build({ run, serve, open }, script, page, ...flags) {
  await run('esbuild', script, '--bundle', '--outdir=public', '--log-level=error', ...flags);
  return open(`${await serve('public')}${page}`);
}

export const steps = {
  'module, files imported': (context) => build(context, 'imported.js', 'module.html', '--format=esm', ...LOADERS),
  'classic script, files imported': (context) =>
    build(context, 'imported.js', 'classic.html', '--format=iife', ...LOADERS),
  'classic script alone': async (context) => {
    const { error } = await build(
      context,
      'plain.js',
      'plain.html',
      '--format=iife',
      '--log-override:empty-import-meta=silent',
    );
    if (!/^StganError fetch: .*pass the option (wasm|weights)/.test(error)) throw new Error(error);
    return 'refused; the error names the options';
  },
};
