/**
 * A small server of static files: `node scripts/serve.mjs FOLDER [PORT]` serves a folder on localhost, on the next free port
 * where that one is taken. Tests use `serve` directly.
 */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
};

/** Pages are cross-origin isolated, as a host would have them that lets wasm use threads. */
function answer(top, request, response) {
  const end = (status) => response.writeHead(status, { 'content-type': 'text/plain' }).end(`${status}\n`);
  let path;
  try {
    path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  } catch {
    return end(400);
  }
  if (path.includes('\0')) return end(400);
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(405);
  let file = join(top, normalize(path));
  let found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    file = join(file, 'index.html');
    found = statSync(file, { throwIfNoEntry: false });
  }
  if (!found?.isFile()) return end(404);
  response.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'content-length': found.size,
    'cache-control': 'no-cache',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  });
  if (request.method === 'HEAD') return response.end();
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response);
}

/** Both addresses that `localhost` stands for: a port is free only where nobody else answers on either. */
const ADDRESSES = ['127.0.0.1', '::1'];
/** There is no such address on this machine. */
const ABSENT = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'];

/** A server on each address, at one port; null where that is taken. */
async function listen(handler, port) {
  const servers = [];
  for (const address of ADDRESSES) {
    const server = createServer(handler);
    const error = await new Promise((done) => {
      server.once('error', done).listen(port, address, () => done(null));
    });
    if (!error) {
      servers.push(server);
      port = server.address().port;
    } else if (!ABSENT.includes(error.code)) {
      await close(servers);
      if (error.code === 'EADDRINUSE') return null;
      throw error;
    }
  }
  return { servers, port };
}

async function close(servers) {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

/**
 * Serves `folder` on localhost. Resolves to its address and a function that ends it. `port` 0 takes any free port; another is the
 * first that is tried.
 */
export async function serve(folder, port = 0) {
  const top = resolve(folder);
  for (let attempt = 0; attempt < 100; attempt++) {
    const found = await listen((request, response) => answer(top, request, response), port && port + attempt);
    if (found) return { url: `http://localhost:${found.port}/`, close: () => close(found.servers) };
  }
  throw new Error(`no free port from ${port} to ${port + 99}`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, port = '8080'] = process.argv.slice(2);
  const { url } = await serve(folder, Number(port));
  console.log(`\nThe demo is on ${url}\nCtrl+C ends it.`);
}
