export const title = 'Deno';

export const steps = {
  script: async ({ run }) =>
    JSON.parse(await run('deno', 'run', '--allow-read', '--node-modules-dir=manual', 'esm.mjs')),
};
