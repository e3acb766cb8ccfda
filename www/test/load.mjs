import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

/** Loads modules of the demo, in TypeScript, into Node. */
export async function load(...paths) {
  const server = await createServer({
    configFile: false,
    root: fileURLToPath(new URL('..', import.meta.url)),
    server: { middlewareMode: true, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
    appType: 'custom',
    logLevel: 'error',
  });
  try {
    return await Promise.all(paths.map((path) => server.ssrLoadModule(`/src/${path}`)));
  } finally {
    await server.close();
  }
}
