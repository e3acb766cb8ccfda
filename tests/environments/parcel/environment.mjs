export const title = 'Parcel';

export const steps = {
  build: async ({ run, serve, open }) => {
    await run('parcel', 'build', 'index.html', '--no-cache', '--log-level', 'error');
    return open(await serve('dist'));
  },
};
