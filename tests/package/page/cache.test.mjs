/** The Cache API, preloading and the check of the platform, with the packed package in a page. */
import { expect, open, test } from './fixtures.mjs';

const isDownload = (path) => /\.(wasm|safetensors)$/.test(path);

/** Fits with the option `cache`, and returns the code of the failure if there is one. */
const fit = (page, options = {}) =>
  page.evaluate(async (options) => {
    const { images, stgan } = window;
    const work = async () => {
      const tryOn = await stgan.TryOn.create({ cache: true, ...options });
      await tryOn.fit(images.photo(), images.glasses());
      tryOn.dispose();
    };
    return images.failure(work());
  }, options);

/** The sizes of the cached files, by the first digits of their hashes. */
const entries = (page) =>
  page.evaluate(async () => {
    const cache = await caches.open('stgan');
    const sizes = {};
    for (const request of await cache.keys())
      sizes[request.url] = (await (await cache.match(request)).arrayBuffer()).byteLength;
    return sizes;
  });

const count = async (page) => Object.keys(await entries(page)).length;

test('cached files need no network, on the main thread and in a worker', async ({ page, consumer, requests }) => {
  expect(await fit(page)).toBe('no failure');
  expect(requests.filter(isDownload).length).toBe(3);
  await expect.poll(() => count(page)).toBe(3);
  await page.route(/\.(wasm|safetensors)$/, (route) => route.abort());
  await open(page, consumer.address);
  expect(await fit(page, { worker: true })).toBe('no failure');
  expect(await fit(page)).toBe('no failure');
});

test('a damaged entry is downloaded again, and entries of other versions are removed', async ({ page, consumer }) => {
  expect(await fit(page)).toBe('no failure');
  await expect.poll(() => count(page)).toBe(3);
  const before = await entries(page);
  await page.evaluate(async () => {
    const cache = await caches.open('stgan');
    for (const request of await cache.keys()) {
      const bytes = new Uint8Array(await (await cache.match(request)).arrayBuffer());
      bytes[bytes.length >> 1] ^= 1;
      await cache.put(request, new Response(bytes));
    }
    await cache.put('https://stgan.invalid/other', new Response('of another version'));
    window.damaged = true;
  });
  const requested = [];
  page.on('request', (request) => requested.push(new URL(request.url()).pathname));
  await open(page, consumer.address);
  expect(await fit(page)).toBe('no failure');
  expect(requested.filter(isDownload).length).toBe(3);
  await expect.poll(() => entries(page)).toEqual(before);
  requested.length = 0;
  await open(page, consumer.address);
  expect(await fit(page)).toBe('no failure');
  expect(requested.filter(isDownload)).toEqual([]);
});

test('a file with other content is not kept', async ({ page }) => {
  await page.route('**/*.safetensors', (route) => route.fulfill({ body: 'no weights' }));
  expect(await fit(page)).toBe('StganError weights');
  await expect.poll(() => count(page)).toBe(1);
});

test('without cache storage the files are downloaded', async ({ page }) => {
  await page.evaluate(() => {
    CacheStorage.prototype.open = () => Promise.reject(new DOMException('storage is not allowed', 'SecurityError'));
  });
  expect(await fit(page)).toBe('no failure');
});

test('preload fills the cache, and its failures have codes', async ({ page, requests }) => {
  const outcome = await page.evaluate(async () => {
    const { images, stgan } = window;
    const controller = new AbortController();
    const aborted = images.failure(stgan.preload({ signal: controller.signal }));
    controller.abort();
    return {
      aborted: await aborted,
      unknown: await images.failure(stgan.preload({ files: ['everything'] })),
      preloaded: await images.failure(stgan.preload({ cache: true })),
    };
  });
  expect(outcome).toEqual({ aborted: 'StganError aborted', unknown: 'StganError argument', preloaded: 'no failure' });
  const before = requests.filter(isDownload).length;
  expect(await fit(page)).toBe('no failure');
  expect(requests.filter(isDownload).length).toBe(before);
  await page.route('**/*.safetensors', (route) => route.fulfill({ status: 503 }));
  const failed = await page.evaluate(() => window.images.failure(window.stgan.preload({ files: ['cutOut'] })));
  expect(failed).toBe('StganError fetch');
});

test('the check of the platform names what is missing', async ({ page }) => {
  const result = await page.evaluate(() => {
    const { isSupported, missingFeatures } = window.stgan;
    const present = { photo: isSupported(), camera: isSupported('camera'), worker: isSupported('worker') };
    const { validate, Module } = WebAssembly;
    WebAssembly.validate = () => false;
    WebAssembly.Module = class {
      constructor() {
        throw new WebAssembly.CompileError('blocked by the content security policy');
      }
    };
    Object.defineProperty(navigator, 'mediaDevices', { value: undefined, configurable: true });
    const missing = missingFeatures('camera');
    Object.assign(WebAssembly, { validate, Module });
    return { present, missing, camera: isSupported('camera'), photo: isSupported() };
  });
  expect(result).toEqual({
    present: { photo: true, camera: true, worker: true },
    missing: ['wasm-compilation', 'wasm-simd', 'wasm-reference-types', 'camera'],
    camera: false,
    photo: true,
  });
});
