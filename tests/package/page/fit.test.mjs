/** Loading the packed package in a page, and fitting there. */
import { join } from 'node:path';
import { createServer } from 'vite';
import { files } from '../pictures.mjs';
import { expect, open, test } from './fixtures.mjs';

test('loads nothing before it is asked to, and no decoder', async ({ page, requests }) => {
  const heavy = () =>
    requests
      .filter((path) => /\.(wasm|safetensors)$/.test(path))
      .map((path) => path.replace(/.*\/(\w+)[^/]*(\.\w+)$/, '$1$2'));
  expect(heavy()).toEqual([]);
  await page.evaluate(async () => {
    const tryOn = await window.stgan.TryOn.create();
    await tryOn.fit(window.pictures.files.jpeg, window.pictures.glasses(), { placement: { x: 8, y: 12, width: 10 } });
  });
  expect(heavy().sort()).toEqual(['glasses.safetensors', 'stgan.wasm']);
});

test('fits and composites on the main thread and in a module worker alike', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { pictures, placement } = window;
    const [photo, frame] = [pictures.photo(), pictures.glasses()];
    const tryOn = await window.stgan.TryOn.create();
    const fit = await tryOn.fit(photo, frame, { placement });
    const composite = fit.composite();
    const inWorker = await window.askWorker({ photo, frame, placement });
    return {
      isImageData: composite instanceof ImageData,
      strangers: pictures.strangers(composite, photo, fit.overlay()),
      updates: fit.updates.length === tryOn.model.updates,
      error: inWorker.error,
      sameHomography: fit.homography.every((value, i) => value === inWorker.homography[i]),
      samePixels: composite.data.every((value, i) => value === inWorker.composite.data[i]),
    };
  });
  expect(result).toEqual({
    isImageData: true,
    strangers: 0,
    updates: true,
    error: undefined,
    sameHomography: true,
    samePixels: true,
  });
});

test('takes every kind of image', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { pictures, placement, toBlob, toImageData } = window;
    const kinds = async (picture) => {
      const blob = await toBlob(picture);
      const image = Object.assign(new Image(), { src: URL.createObjectURL(blob) });
      const canvas = Object.assign(document.createElement('canvas'), {
        width: picture.width,
        height: picture.height,
      });
      const offscreen = new OffscreenCanvas(picture.width, picture.height);
      for (const target of [canvas, offscreen]) target.getContext('2d').putImageData(toImageData(picture), 0, 0);
      const buffer = await blob.arrayBuffer();
      return {
        pixels: { ...picture, data: new Uint8Array(picture.data.buffer) },
        imageData: toImageData(picture),
        bitmap: await createImageBitmap(toImageData(picture)),
        image,
        canvas,
        offscreen,
        blob,
        file: new File([blob], 'picture.png'),
        buffer,
        bytes: new Uint8Array(buffer),
      };
    };
    const [photo, frame] = [pictures.photo(), pictures.glasses()];
    const [photos, frames] = [await kinds(photo), await kinds(frame)];
    const tryOn = await window.stgan.TryOn.create();
    const expected = await tryOn.fit(photo, frame, { placement });
    const picture = expected.composite();
    const result = {};
    for (const kind of Object.keys(photos)) {
      const ofPhoto = await tryOn.fit(photos[kind], frame, { placement });
      const samePixels = ofPhoto.composite().data.every((value, i) => value === picture.data[i]);
      // A canvas keeps colours premultiplied, which costs those of translucent pixels some precision.
      const ofFrame = await tryOn.fit(photo, frames[kind], { placement });
      const [a, b] = [expected, ofFrame].map(({ homography }) => pictures.apply(homography, 200, 80));
      result[kind] = samePixels && Math.hypot(a[0] - b[0], a[1] - b[1]) < 0.5;
      ofPhoto.dispose();
      ofFrame.dispose();
    }
    return result;
  });
  for (const [kind, fine] of Object.entries(result)) expect(fine, kind).toBe(true);
  expect(Object.keys(result).length).toBe(10);
});

test('decodes what browsers decode, turned upright', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const tryOn = await window.stgan.TryOn.create();
    const entries = Object.entries(window.pictures.files).map(async ([kind, file]) => {
      const fit = await tryOn.fit(file, window.pictures.glasses(), {
        placement: { x: 8, y: 8, width: 10 },
        updates: 0,
      });
      const { width, height, data } = fit.composite();
      return [kind, [width, height, data[0] > 240 && data[2] < 15]];
    });
    return Object.fromEntries(await Promise.all(entries));
  });
  expect(result).toEqual({ jpeg: [16, 24, true], png: [24, 16, true], webp: [24, 16, true] });
});

test('says what is wrong with an image by a code', async ({ page }) => {
  await page.route('**/elsewhere.png', (route) =>
    route.fulfill({ contentType: 'image/png', body: Buffer.from(files.png) }),
  );
  const result = await page.evaluate(async () => {
    const { pictures, placement } = window;
    const { failure, files, glasses } = pictures;
    const tryOn = await window.stgan.TryOn.create();
    const code = (photo, frame = glasses(), at = placement) => failure(tryOn.fit(photo, frame, { placement: at }));
    const closed = await createImageBitmap(window.toImageData(pictures.photo()));
    const fit = await tryOn.fit(closed, glasses(), { placement });
    closed.close();
    // What came from another origin without its leave may be drawn, but not read.
    const foreign = Object.assign(new Image(), {
      src: `${location.href.replace('localhost', '127.0.0.1')}elsewhere.png`,
    });
    const tainted = document.createElement('canvas');
    await foreign.decode();
    tainted.getContext('2d').drawImage(foreign, 0, 0);
    const [sizeless, clear] = [new OffscreenCanvas(0, 0), new OffscreenCanvas(10, 10)];
    clear.getContext('2d');
    return {
      noise: await code(new Uint8Array(100)),
      cut: await code(files.jpeg.subarray(0, 600)),
      text: await code(new Blob(['hello'])),
      broken: await code(Object.assign(new Image(), { src: 'data:image/png;base64,AAAA' })),
      empty: await code(sizeless),
      element: await code(document.body),
      clear: await code(pictures.photo(), clear),
      closed: await code(closed),
      closedLater: await failure(Promise.resolve().then(() => fit.composite())),
      overlayStays: fit.overlay() !== null,
      foreign: await code(foreign, glasses(), { x: 12, y: 8, width: 14 }),
      tainted: await code(tainted),
    };
  });
  expect(result).toEqual({
    noise: 'StganError decode',
    cut: 'StganError decode',
    text: 'StganError decode',
    broken: 'StganError decode',
    empty: 'StganError image-size',
    element: 'StganError unsupported-image',
    clear: 'StganError empty-frame',
    closed: 'StganError image-size',
    closedLater: 'StganError disposed',
    overlayStays: true,
    foreign: 'StganError unsupported-image',
    tainted: 'StganError unsupported-image',
  });
});

test('reports progress, and can be aborted while it loads', async ({ page }) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route('**/*.safetensors', async (route) => {
    await held;
    await route.continue().catch(() => {});
  });
  const asked = page.waitForRequest('**/*.safetensors');
  await page.evaluate(() => {
    window.controller = new AbortController();
    window.outcome = window.pictures.failure(window.stgan.TryOn.create({ signal: window.controller.signal }));
  });
  await asked;
  const outcome = await page.evaluate(() => {
    window.controller.abort();
    return window.outcome;
  });
  expect(outcome).toBe('StganError aborted');
  release();
  const progress = await page.evaluate(async () => {
    const seen = [];
    (await window.stgan.TryOn.create({ onProgress: (progress) => seen.push(progress) })).dispose();
    return seen;
  });
  for (const phase of ['wasm', 'weights']) {
    const part = progress.filter((event) => event.phase === phase);
    expect(
      part.every(({ loaded }, i) => i === 0 || loaded >= part[i - 1].loaded),
      phase,
    ).toBe(true);
  }
  const last = progress.filter(({ phase }) => phase === 'weights').at(-1);
  expect(last.loaded).toBe(last.total);
});

test('can be tried again after a failure, and takes a wasm file of any type', async ({ page }) => {
  const create = () => page.evaluate(() => window.pictures.failure(window.stgan.TryOn.create()));
  await page.route('**/*.wasm', (route) => route.fulfill({ status: 503 }));
  expect(await create()).toBe('StganError fetch');
  await page.unroute('**/*.wasm');
  await page.route('**/*.wasm', (route) => route.abort());
  expect(await create()).toBe('StganError fetch');
  await page.unroute('**/*.wasm');
  await page.route('**/*.wasm', (route) => route.fulfill({ contentType: 'application/wasm', body: 'not wasm' }));
  expect(await create()).toBe('StganError wasm');
  await page.unroute('**/*.wasm');
  await page.route('**/*.wasm', async (route) =>
    route.fulfill({ response: await route.fetch(), contentType: 'text/plain' }),
  );
  expect(await create()).toBe('no failure');
});

test('composites a photo of 48 megapixels', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { photo: make, glasses, placementOn } = window.pictures;
    const source = make(8000, 6000);
    const photo = await createImageBitmap(window.toImageData(source));
    const tryOn = await window.stgan.TryOn.create();
    const fit = await tryOn.fit(photo, glasses(), { placement: placementOn(source), updates: 0 });
    const { data, width, height } = fit.composite();
    const { x, y, image } = fit.overlay();
    const [words, before] = [data, source.data].map(({ buffer }) => new Uint32Array(buffer));
    let [outside, inside] = [0, 0];
    for (let row = 0; row < height; row += 7) {
      for (let column = 0; column < width; column += 3) {
        if (words[row * width + column] === before[row * width + column]) continue;
        const within = column >= x && column < x + image.width && row >= y && row < y + image.height;
        if (within) inside++;
        else outside++;
      }
    }
    return { size: [width, height], outside, touched: inside > 1000 };
  });
  expect(result).toEqual({ size: [8000, 6000], outside: 0, touched: true });
});

test("works from Vite's development server", async ({ page, consumer }) => {
  const { folder } = consumer;
  const vite = await createServer({ root: folder, configFile: join(folder, 'vite.config.js'), server: { port: 0 } });
  try {
    await vite.listen();
    await open(page, vite.resolvedUrls.local[0]);
    const stages = await page.evaluate(async () => (await window.stgan.TryOn.create()).model.stages);
    expect(stages).toBeGreaterThanOrEqual(1);
  } finally {
    await vite.close();
  }
});
