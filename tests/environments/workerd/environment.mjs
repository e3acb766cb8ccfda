export const title = 'Cloudflare Workers';

export const steps = {
  'wasm and weights imported': async ({ run }) => {
    // Modules of wasm and of data are imported by workerd and not by the bundle.
    const external = ['--external:*.wasm', '--external:*.safetensors'];
    await run(
      'esbuild',
      'worker.js',
      '--bundle',
      '--format=esm',
      '--outfile=out/worker.js',
      '--log-level=error',
      ...external,
    );
    return JSON.parse(await run(process.execPath, 'host.mjs'));
  },
};
