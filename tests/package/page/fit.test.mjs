/** Loading the packed package and fitting glasses in a page. */
import { join } from 'node:path';
import { createServer } from 'vite';
import { files } from '../images.mjs';
import { expect, open, test } from './fixtures.mjs';

test('nothing is loaded before create, and the decoder never', async ({ page, requests }) => {
  const loadedFiles = () =>
    requests
      .filter((path) => /\.(wasm|safetensors)$/.test(path))
      .map((path) => path.replace(/.*\/(\w+)[^/]*(\.\w+)$/, '$1$2'));
  expect(loadedFiles()).toEqual([]);
  await page.evaluate(async () => {
    const tryOn = await window.stgan.TryOn.create();
    await tryOn.fit(window.images.files.jpeg, window.images.glasses(), { placement: { x: 8, y: 12, width: 10 } });
  });
  expect(loadedFiles().sort()).toEqual(['glasses.safetensors', 'stgan.wasm']);
});

test('a fit in a module worker gives the same result as on the main thread', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { images, placement } = window;
    const [photo, glasses] = [images.photo(), images.glasses()];
    const tryOn = await window.stgan.TryOn.create();
    const fit = await tryOn.fit(photo, glasses, { placement });
    const composite = fit.composite();
    const inWorker = await window.fitInWorker({ photo, glasses, placement });
    return {
      isImageData: composite instanceof ImageData,
      differences: images.countDifferences(composite, photo, fit.overlay()),
      updates: fit.updates.length === tryOn.model.updates,
      error: inWorker.error,
      sameHomography: fit.homography.every((value, i) => value === inWorker.homography[i]),
      samePixels: composite.data.every((value, i) => value === inWorker.composite.data[i]),
    };
  });
  expect(result).toEqual({
    isImageData: true,
    differences: 0,
    updates: true,
    error: undefined,
    sameHomography: true,
    samePixels: true,
  });
});

test('the wasm module loads with parameters in its content type', async ({ page }) => {
  await page.route('**/*.wasm', async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      headers: { ...response.headers(), 'content-type': 'application/wasm; charset=utf-8' },
    });
  });
  expect(await page.evaluate(async () => (await window.stgan.TryOn.create()).model.stages)).toBeGreaterThan(0);
});

test('a missing file of the package is an error that names the option', async ({ page }) => {
  await page.route('**/*.wasm', (route) => route.fulfill({ status: 404 }));
  const message = await page.evaluate(() =>
    window.stgan.TryOn.create().catch(({ code, message }) => `${code}: ${message}`),
  );
  expect(message).toMatch(/^fetch: .* 404 .*pass the option wasm to TryOn.create$/);
});

test('fit accepts every type of image', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { images, placement, toBlob, toImageData } = window;
    const allTypes = async (pixels) => {
      const blob = await toBlob(pixels);
      const image = Object.assign(new Image(), { src: URL.createObjectURL(blob) });
      const canvas = Object.assign(document.createElement('canvas'), {
        width: pixels.width,
        height: pixels.height,
      });
      const offscreen = new OffscreenCanvas(pixels.width, pixels.height);
      for (const target of [canvas, offscreen]) target.getContext('2d').putImageData(toImageData(pixels), 0, 0);
      const buffer = await blob.arrayBuffer();
      return {
        pixels: { ...pixels, data: new Uint8Array(pixels.data.buffer) },
        imageData: toImageData(pixels),
        bitmap: await createImageBitmap(toImageData(pixels)),
        image,
        canvas,
        offscreen,
        blob,
        file: new File([blob], 'image.png'),
        buffer,
        bytes: new Uint8Array(buffer),
      };
    };
    const [photo, glasses] = [images.photo(), images.glasses()];
    const [photoTypes, glassesTypes] = [await allTypes(photo), await allTypes(glasses)];
    const tryOn = await window.stgan.TryOn.create();
    const expected = await tryOn.fit(photo, glasses, { placement });
    const expectedComposite = expected.composite();
    const result = {};
    for (const type of Object.keys(photoTypes)) {
      const photoFit = await tryOn.fit(photoTypes[type], glasses, { placement });
      const samePixels = photoFit.composite().data.every((value, i) => value === expectedComposite.data[i]);
      // A canvas stores premultiplied colours, which reduces the precision of translucent pixels.
      const glassesFit = await tryOn.fit(photo, glassesTypes[type], { placement });
      const [a, b] = [expected, glassesFit].map(({ homography }) => images.apply(homography, 200, 80));
      result[type] = samePixels && Math.hypot(a[0] - b[0], a[1] - b[1]) < 0.5;
      photoFit.dispose();
      glassesFit.dispose();
    }
    return result;
  });
  for (const [type, isSame] of Object.entries(result)) expect(isSame, type).toBe(true);
  expect(Object.keys(result).length).toBe(10);
});

test('fit decodes image files and applies their orientation', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const tryOn = await window.stgan.TryOn.create();
    const entries = Object.entries(window.images.files).map(async ([format, file]) => {
      const fit = await tryOn.fit(file, window.images.glasses(), {
        placement: { x: 8, y: 8, width: 10 },
        updates: 0,
      });
      const { width, height, data } = fit.composite();
      return [format, [width, height, data[0] > 240 && data[2] < 15]];
    });
    return Object.fromEntries(await Promise.all(entries));
  });
  expect(result).toEqual({ jpeg: [16, 24, true], png: [24, 16, true], webp: [24, 16, true] });
});

test('an unusable image is an error with a code', async ({ page }) => {
  await page.route('**/cross-origin.png', (route) =>
    route.fulfill({ contentType: 'image/png', body: Buffer.from(files.png) }),
  );
  const result = await page.evaluate(async () => {
    const { images, placement } = window;
    const { failure, files, glasses } = images;
    const tryOn = await window.stgan.TryOn.create();
    const code = (photo, front = glasses(), at = placement) => failure(tryOn.fit(photo, front, { placement: at }));
    const closed = await createImageBitmap(window.toImageData(images.photo()));
    const fit = await tryOn.fit(closed, glasses(), { placement });
    closed.close();
    // A page may draw images of other origins without CORS, but not read them.
    const foreign = Object.assign(new Image(), {
      src: `${location.href.replace('localhost', '127.0.0.1')}cross-origin.png`,
    });
    const tainted = document.createElement('canvas');
    await foreign.decode();
    tainted.getContext('2d').drawImage(foreign, 0, 0);
    const [empty, transparent] = [new OffscreenCanvas(0, 0), new OffscreenCanvas(10, 10)];
    transparent.getContext('2d');
    return {
      noise: await code(new Uint8Array(100)),
      truncated: await code(files.jpeg.subarray(0, 600)),
      text: await code(new Blob(['hello'])),
      broken: await code(Object.assign(new Image(), { src: 'data:image/png;base64,AAAA' })),
      empty: await code(empty),
      element: await code(document.body),
      transparent: await code(images.photo(), transparent),
      closed: await code(closed),
      closedLater: await failure(Promise.resolve().then(() => fit.composite())),
      overlayAfterClose: fit.overlay() !== null,
      foreign: await code(foreign, glasses(), { x: 12, y: 8, width: 14 }),
      tainted: await code(tainted),
    };
  });
  expect(result).toEqual({
    noise: 'StganError decode',
    truncated: 'StganError decode',
    text: 'StganError decode',
    broken: 'StganError decode',
    empty: 'StganError image-size',
    element: 'StganError unsupported-image',
    transparent: 'StganError empty-glasses',
    closed: 'StganError image-size',
    closedLater: 'StganError disposed',
    overlayAfterClose: true,
    foreign: 'StganError unsupported-image',
    tainted: 'StganError unsupported-image',
  });
});

test('create reports progress and can be aborted', async ({ page }) => {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route('**/*.safetensors', async (route) => {
    await released;
    await route.continue().catch(() => {});
  });
  const requested = page.waitForRequest('**/*.safetensors');
  await page.evaluate(() => {
    window.controller = new AbortController();
    window.outcome = window.images.failure(window.stgan.TryOn.create({ signal: window.controller.signal }));
  });
  await requested;
  const outcome = await page.evaluate(() => {
    window.controller.abort();
    return window.outcome;
  });
  expect(outcome).toBe('StganError aborted');
  release();
  const progress = await page.evaluate(async () => {
    const events = [];
    (await window.stgan.TryOn.create({ onProgress: (event) => events.push(event) })).dispose();
    return events;
  });
  for (const phase of ['wasm', 'weights']) {
    const events = progress.filter((event) => event.phase === phase);
    expect(
      events.every(({ loaded }, i) => i === 0 || loaded >= events[i - 1].loaded),
      phase,
    ).toBe(true);
  }
  const last = progress.filter(({ phase }) => phase === 'weights').at(-1);
  expect(last.loaded).toBe(last.total);
});

test('create can be retried after a failure, and accepts a wasm file of any content type', async ({ page }) => {
  const create = () => page.evaluate(() => window.images.failure(window.stgan.TryOn.create()));
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

test('composite handles a photo of 48 megapixels', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { photo: createPhoto, glasses, placementOn } = window.images;
    const source = createPhoto(8000, 6000);
    const photo = await createImageBitmap(window.toImageData(source));
    const tryOn = await window.stgan.TryOn.create();
    const fit = await tryOn.fit(photo, glasses(), { placement: placementOn(source), updates: 0 });
    const { data, width, height } = fit.composite();
    const { x, y, image } = fit.overlay();
    const [after, before] = [data, source.data].map(({ buffer }) => new Uint32Array(buffer));
    let [outside, inside] = [0, 0];
    for (let row = 0; row < height; row += 7) {
      for (let column = 0; column < width; column += 3) {
        if (after[row * width + column] === before[row * width + column]) continue;
        const within = column >= x && column < x + image.width && row >= y && row < y + image.height;
        if (within) inside++;
        else outside++;
      }
    }
    return { size: [width, height], changedOutside: outside, changedInside: inside > 1000 };
  });
  expect(result).toEqual({ size: [8000, 6000], changedOutside: 0, changedInside: true });
});

test("the package works with Vite's development server", async ({ page, consumer }) => {
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
