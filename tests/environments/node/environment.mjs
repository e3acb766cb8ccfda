export const title = `Node ${process.versions.node}`;

export const steps = {
  import: async ({ run }) => JSON.parse(await run(process.execPath, 'esm.mjs')),
  require: async ({ run }) => JSON.parse(await run(process.execPath, 'require.cjs')),
  'worker thread': async ({ run }) => JSON.parse(await run(process.execPath, 'thread.mjs')),
};
