export const title = 'Bun';

export const steps = {
  script: async ({ run }) => JSON.parse(await run('bun', 'esm.mjs')),
};
