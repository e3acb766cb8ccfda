/** Finding faces with the packed package, in Node and in Chromium. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { findBrowser, launchBrowser } from '../../scripts/browser.mjs';
import { serve } from '../../scripts/serve.mjs';
import { project, tool } from './consumer.mjs';
import { failure, glasses, photo, placementOn } from './pictures.mjs';

/** Where `photo` draws the pupils, and how far a found face is off them, in eye distances. */
const pupils = ({ width, height }) => [-1, 1].map((side) => ({ x: width / 2 + side * width * 0.068, y: height * 0.4 }));
const off = ({ eyes }, picture) => {
  const [left, right] = pupils(picture);
  const far = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
  return (far(eyes[0], left) + far(eyes[1], right)) / 2 / far(left, right);
};

const nobody = (width = 320, height = 240) => ({
  data: new Uint8ClampedArray(width * height * 4).fill(200),
  width,
  height,
});

describe('a face', () => {
  let consumer, tryOn, stgan;
  before(async () => {
    consumer = project();
    stgan = await import(pathToFileURL(consumer.path('dist/index.js')));
    tryOn = await stgan.TryOn.create();
  });
  after(() => {
    tryOn?.dispose();
    consumer?.remove();
  });

  test('is found, whatever the size of the photo', async () => {
    for (const [width, height] of [
      [320, 240],
      [640, 480],
      [3000, 2250],
    ]) {
      const picture = photo(width, height);
      const untouched = picture.data.slice();
      const [face, ...others] = await tryOn.locate(picture);
      assert.ok(face, `none at ${width}×${height}`);
      assert.deepEqual(others, []);
      assert.ok(off(face, picture) < 0.2, `${width}×${height}: off by ${off(face, picture)}`);
      assert.ok(face.score > 0 && face.score <= 1);
      const { x, y, width: across, rotation } = face.placement;
      const between = Math.hypot(face.eyes[1].x - face.eyes[0].x, face.eyes[1].y - face.eyes[0].y);
      assert.ok(Math.abs(across / between - 0.613 / 0.278) < 1e-6 && Math.abs(rotation) < 10);
      assert.ok(
        Math.abs(x - (face.eyes[0].x + face.eyes[1].x) / 2) < 1e-9 &&
          Math.abs(y - (face.eyes[0].y + face.eyes[1].y) / 2) < 1e-9,
      );
      assert.deepEqual(picture.data, untouched);
    }
  });

  test('is where a fit without a placement starts', async () => {
    const picture = photo();
    const [face] = await tryOn.locate(picture);
    const [alone, given] = [
      await tryOn.fit(picture, glasses()),
      await tryOn.fit(picture, glasses(), { placement: face.placement }),
    ];
    assert.deepEqual(alone.initial, given.initial);
    assert.deepEqual(alone.homography, given.homography);
    assert.equal((await tryOn.fit(picture, glasses(), { steps: 0 })).steps, 0);
  });

  test('that is not there is no error of locate, and one of fit', async () => {
    assert.deepEqual(await tryOn.locate(nobody()), []);
    assert.deepEqual(await tryOn.locate(nobody(1, 1)), []);
    assert.equal(await failure(tryOn.fit(nobody(), glasses())), 'StganError no-face');
    assert.equal(
      await failure(tryOn.locate({ data: new Uint8Array(3), width: 1, height: 1 })),
      'StganError image-size',
    );
    assert.equal(await failure(tryOn.locate('photo.jpg')), 'StganError unsupported-image');
  });

  test('needs weights, which are read when they are first needed', async () => {
    const wrong = await stgan.TryOn.create({ locator: new Uint8Array(100) });
    const fit = await wrong.fit(photo(), glasses(), { placement: placementOn({ width: 640, height: 480 }) });
    assert.ok(fit.steps > 0);
    assert.equal(await failure(wrong.locate(photo())), 'StganError weights');
    const missing = await stgan.TryOn.create({ locator: new URL('file:///no/such/file') });
    assert.equal(await failure(missing.fit(photo(), glasses())), 'StganError fetch');
    missing.dispose();
    assert.equal(await failure(missing.locate(photo())), 'StganError disposed');
  });
});

const skip = !findBrowser() && !process.env.CI && 'there is no Chromium or Chrome';

describe('a face in a page', { skip }, () => {
  let consumer, server, browser;
  before(async () => {
    consumer = project('vite/index.html', 'vite/main.js', 'vite/worker.js', 'vite/vite.config.js', 'pictures.mjs');
    tool(consumer.folder, 'vite/bin/vite.js', 'build', '--logLevel', 'warn');
    server = await serve(join(consumer.folder, 'dist'));
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    consumer?.remove();
  });

  test('is found in pixels and in pictures of the browser alike, with weights that come when they are needed', async () => {
    const page = await (await browser.newContext()).newPage();
    const requests = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await page.goto(server.url);
    await page.waitForFunction(() => window.pictures !== undefined);
    const asked = () => requests.filter((path) => /locator.*\.safetensors$/.test(path)).length;
    await page.evaluate(async () => {
      window.tryOn = await window.stgan.TryOn.create();
      window.photo = window.pictures.photo(2000, 1500);
      const placement = window.pictures.placementOn(window.photo);
      (await window.tryOn.fit(window.photo, window.pictures.glasses(), { placement })).dispose();
    });
    assert.equal(asked(), 0);
    const found = await page.evaluate(async () => {
      const { tryOn, photo } = window;
      const bitmap = await createImageBitmap(new ImageData(photo.data, photo.width, photo.height));
      const nobody = await createImageBitmap(new ImageData(300, 200));
      const code = (promise) =>
        promise.then(
          () => 'none',
          (error) => error.code,
        );
      const all = {
        pixels: await tryOn.locate(photo),
        bitmap: await tryOn.locate(bitmap),
        nobody: await tryOn.locate(nobody),
      };
      const fit = await tryOn.fit(bitmap, window.pictures.glasses());
      return { ...all, initial: [...fit.initial], code: await code(tryOn.fit(nobody, window.pictures.glasses())) };
    });
    assert.equal(asked(), 1);
    assert.deepEqual([found.pixels.length, found.bitmap.length, found.nobody.length], [1, 1, 0]);
    for (const faces of [found.pixels, found.bitmap]) assert.ok(off(faces[0], { width: 2000, height: 1500 }) < 0.2);
    assert.ok(found.initial.every(Number.isFinite));
    assert.equal(found.code, 'no-face');
    await page.context().close();
  });
});
