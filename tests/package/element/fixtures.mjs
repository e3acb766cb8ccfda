/**
 * The fixtures of this folder: a shop whose pages have a strict content security policy, and a CDN
 * on another origin that serves the packed package and images of glasses.
 */
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { expect } from '@playwright/test';
import { root } from '../../../scripts/project.mjs';
import { axeViolations } from '../../axe.mjs';
import { test as base } from '../../fixtures.mjs';
import { project } from '../consumer.mjs';

export { expect };

const GALLERY = join(root, 'www', 'public', 'gallery');
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
};

/** Starts a server. `find` maps the path of a request to a file or to a text. */
async function listen(headers, find) {
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const found = find(pathname);
    if (!found || (found.file && !existsSync(found.file))) return response.writeHead(404).end();
    const type = TYPES[extname(pathname) || '.html'] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, ...headers });
    return found.file ? createReadStream(found.file).pipe(response) : response.end(found.text);
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  return { url: `http://localhost:${server.address().port}`, close: () => server.close() };
}

const policy = (cdn) =>
  [
    "default-src 'none'",
    `script-src 'self' ${cdn} 'wasm-unsafe-eval'`,
    `connect-src ${cdn}`,
    "img-src 'self' blob: data:",
    "worker-src 'self'",
    "style-src 'self'",
  ].join('; ');

export const test = base.extend({
  /** The CDN: `/stgan/` is the packed package, `/glasses/` has the images of the gallery. */
  cdn: [
    async ({}, use) => {
      const consumer = project();
      const server = await listen({ 'access-control-allow-origin': '*' }, (path) => {
        const [, folder, file] = path.match(/^\/(stgan|glasses)\/(.+)$/) ?? [];
        if (!folder) return null;
        return { file: folder === 'stgan' ? consumer.path(file) : join(GALLERY, 'glasses', file) };
      });
      await use(server.url);
      server.close();
      consumer.remove();
    },
    { scope: 'worker' },
  ],

  /**
   * The shop: its images are the portraits of the gallery, /worker.js starts the package's worker.
   * `shop.texts` has more files by their paths.
   */
  shop: [
    async ({ cdn }, use) => {
      const texts = {
        '/worker.js': `import '${cdn}/stgan/dist/worker.js';`,
        '/shop.css': 'body { max-width: 40rem; margin: 1rem auto; padding: 0 1rem; font-family: sans-serif; }',
      };
      const server = await listen({ 'content-security-policy': policy(cdn) }, (path) =>
        path in texts ? { text: texts[path] } : { file: join(GALLERY, 'portraits', path) },
      );
      await use({ url: server.url, texts });
      server.close();
    },
    { scope: 'worker' },
  ],

  /** The URLs that the page has requested. */
  requests: ({}, use) => use([]),

  /** Violations of the content security policy; none are expected. */
  violations: ({}, use) => use([]),

  /** A page that records what it requests and what the policy refuses. */
  page: async ({ page, requests, violations }, use) => {
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) violations.push(message.text());
    });
    await page.addInitScript(() => {
      window.events = [];
      for (const type of ['stgan-ready', 'stgan-fit', 'stgan-state', 'stgan-error']) {
        addEventListener(type, ({ target, detail }) =>
          window.events.push({
            type,
            id: target.id,
            state: detail.state,
            code: detail.code,
            selected: detail.selected,
          }),
        );
      }
    });
    await use(page);
    expect(violations).toEqual([]);
  },

  /** Opens a page of the shop with `body`. */
  open: async ({ page, shop, cdn }, use) => {
    await use(async (body) => {
      shop.texts['/shop'] = `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <title>A shop</title>
  <link rel="stylesheet" href="/shop.css" />
  <link rel="icon" href="data:," />
  <script type="module" src="${cdn}/stgan/dist/element/index.js"></script>
  <main><h1>Harbour</h1>${body}</main>
</html>`;
      await page.goto(`${shop.url}/shop`);
    });
  },

  /** Waits for an event of the element with this id and returns it. */
  waitFor: async ({ page }, use) => {
    await use(async (type, id = '', state = undefined) => {
      const handle = await page.waitForFunction(
        ([type, id, state]) =>
          window.events.findLast(
            (event) => event.type === type && event.id === id && (!state || event.state === state),
          ),
        [type, id, state],
      );
      return handle.jsonValue();
    });
  },

  /** Checks the page with axe and returns the violations. */
  axe: async ({ page }, use) => {
    await use(() => axeViolations(page));
  },
});
