export const title = 'Vite';

export const steps = {
  'development server': async ({ start, open }) => open(await start('vite', '--host', '127.0.0.1', '--port', '0')),
  build: async ({ run, serve, open }) => {
    await run('vite', 'build', '--logLevel', 'error');
    return open(await serve('dist'));
  },
};
