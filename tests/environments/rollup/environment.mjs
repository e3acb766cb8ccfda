export const title = 'Rollup';

export const steps = {
  build: async ({ run, serve, open }) => {
    await run('rollup', '--config', '--silent');
    return open(await serve('public'));
  },
};
