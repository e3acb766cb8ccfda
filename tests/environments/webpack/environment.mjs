export const title = 'webpack';

export const steps = {
  build: async ({ run, serve, open }) => {
    await run('webpack', '--mode', 'production', '--entry', './main.js', '--output-path', 'public');
    return open(await serve('public'));
  },
};
