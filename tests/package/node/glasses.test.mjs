/** Preparing product photos with the packed package in Node. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../../scripts/project.mjs';
import { apply, failure, files, glasses, onWhite, photo, placementOn } from '../images.mjs';
import { test as base, expect } from './fixtures.mjs';

const placement = placementOn({ width: 640, height: 480 });
const catalogue = (name) => join(root, 'www', 'public', 'gallery', 'glasses', `${name}.png`);
const white = { data: new Uint8ClampedArray(640 * 480 * 4).fill(255), width: 640, height: 480 };
const samePixels = (a, b) => Buffer.from(a.data.buffer).equals(Buffer.from(b.data.buffer));
const alphaAt = ({ data, width }, x, y) => data[(y * width + x) * 4 + 3];

const test = base.extend({
  /** The glasses of the catalogue that the tests use, with a transparent background. */
  clean: async ({ tryOn }, use) => {
    const prepared = await tryOn.glasses(readFileSync(catalogue('harbour')));
    await use(prepared.image);
    prepared.dispose();
  },

  /** These glasses on white. */
  product: ({ clean }, use) => use(onWhite(clean, 1000, 600)),

  /** A server of the cut-out network that counts the requests. */
  network: async ({ consumer }, use) => {
    const { fetch } = globalThis;
    const network = { url: 'https://example.org/cutout.safetensors', requests: 0, isAvailable: true };
    globalThis.fetch = async () => {
      network.requests++;
      return new Response(consumer.read('weights/cutout.safetensors'), { status: network.isAvailable ? 200 : 503 });
    };
    await use(network);
    globalThis.fetch = fetch;
  },

  /** Counts the images that were prepared. */
  preparations: async ({ bindings }, use) => {
    const { needsRemoval } = bindings.Glasses;
    const preparations = { count: 0 };
    bindings.Glasses.needsRemoval = (...image) => {
      preparations.count++;
      return needsRemoval(...image);
    };
    await use(preparations);
    bindings.Glasses.needsRemoval = needsRemoval;
  },
});

test('a clean image is kept, and gives the same fit prepared and as it is', async ({ tryOn }) => {
  const front = glasses();
  const prepared = await tryOn.glasses(front, { widthMm: 140 });
  expect(prepared.report).toEqual({ kind: 'untouched', lenses: 'clear', confidence: 1, warnings: [] });
  expect(prepared.bounds).toEqual({ x: 10, y: 10, width: 380, height: 140 });
  expect([...prepared.toSource]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  expect(prepared.widthMm).toBe(140);
  expect(samePixels(prepared.image, front)).toBe(true);
  expect(Object.keys(prepared.image)).toEqual(['data', 'width', 'height', 'colorSpace']);
  const [fit, other] = [
    await tryOn.fit(photo(), prepared, { placement }),
    await tryOn.fit(photo(), front, { placement }),
  ];
  expect(fit.homography).toEqual(other.homography);
  expect(other.glasses.report).toEqual(prepared.report);
  for (const object of [prepared, fit, other]) object.dispose();
});

test('a product photo is cut out', async ({ tryOn, clean, product }) => {
  const prepared = await tryOn.glasses(product);
  const { image, report, bounds, lensCentres, toSource } = prepared;
  expect(report.kind).toBe('cut-out');
  expect(report.lenses).toBe('clear');
  expect(report.confidence).toBeGreaterThan(0.5);
  const corners = [0, image.width - 1].flatMap((x) => [0, image.height - 1].map((y) => alphaAt(image, x, y)));
  expect(corners).toEqual([0, 0, 0, 0]);
  expect([image.width, image.height]).toEqual([bounds.x + bounds.width, bounds.y + bounds.height]);
  // The glasses are in the middle of the product photo.
  const [x, y] = apply(toSource, bounds.x + bounds.width / 2, bounds.y + bounds.height / 2);
  expect(Math.hypot(x - product.width / 2, y - product.height / 2)).toBeLessThan(0.02 * clean.width);
  expect(Math.abs(bounds.width - clean.width)).toBeLessThan(0.04 * clean.width);
  for (const [i, { x, y }] of lensCentres.entries()) {
    expect(alphaAt(image, Math.round(x), Math.round(y)), 'lenses are see-through').toBeLessThan(100);
    const [px] = apply(toSource, x, y);
    expect(Math.abs(px - product.width / 2 - (i ? 0.25 : -0.25) * clean.width)).toBeLessThan(0.05 * clean.width);
  }
  prepared.dispose();
});

test('the cut-out network is loaded once, when a photo needs it', async ({ stgan, network, product }) => {
  const tryOn = await stgan.TryOn.create({ cutOut: network.url });
  const kept = await tryOn.glasses(product, { cutOut: 'never' });
  expect(kept.report.kind).not.toBe('cut-out');
  expect(kept.report.warnings).toContain('opaque-background');
  expect(alphaAt(kept.image, 0, 0)).toBe(255);
  await tryOn.glasses(glasses());
  await tryOn.fit(photo(), glasses(), { placement });
  expect(network.requests).toBe(0);
  network.isAvailable = false;
  expect(await failure(tryOn.glasses(product))).toBe('StganError fetch');
  network.isAvailable = true;
  await Promise.all([tryOn.glasses(product), tryOn.fit(photo(), product, { placement })]);
  await tryOn.glasses(glasses(), { cutOut: 'always' });
  expect(network.requests).toBe(2);
  tryOn.dispose();
  const invalid = await stgan.TryOn.create({ cutOut: new Uint8Array(100) });
  expect(await failure(invalid.glasses(product))).toBe('StganError weights');
  invalid.dispose();
});

test('fits remember the glasses of the last images', async ({ stgan, product, preparations }) => {
  const tryOn = await stgan.TryOn.create();
  const fit = async (image) => {
    const { homography, glasses } = await tryOn.fit(photo(), image, { placement });
    return { homography, report: glasses.report };
  };
  const first = await fit(product);
  expect(first.report.kind).toBe('cut-out');
  expect(await fit({ ...product, data: product.data.slice() })).toEqual(first);
  expect(preparations.count).toBe(1);
  async function* images() {
    yield photo();
  }
  const track = await tryOn.track(images(), product);
  await track.setGlasses(product);
  expect(track.glasses.report).toEqual(first.report);
  await track.ended;
  expect(preparations.count).toBe(1);
  // A change of the pixels in place is noticed.
  product.data[0] = 254;
  await fit(product);
  expect(preparations.count).toBe(2);
  for (let width = 200; width < 208; width++) await fit(glasses(width));
  expect(preparations.count).toBe(10);
  await fit(glasses(200));
  expect(preparations.count).toBe(10);
  await fit(product);
  expect(preparations.count).toBe(11);
  tryOn.dispose();
});

test('a photo that cannot be used is an error with a code', async ({ tryOn, clean }) => {
  expect(await failure(tryOn.glasses(white))).toBe('StganError no-glasses-found');
  expect(await failure(tryOn.fit(photo(), white, { placement }))).toBe('StganError no-glasses-found');
  const tiny = onWhite(glasses(90, 36, 2), 120, 80);
  expect(['StganError too-small', 'StganError no-glasses-found']).toContain(await failure(tryOn.glasses(tiny)));
  const empty = { data: new Uint8Array(400), width: 10, height: 10 };
  expect(await failure(tryOn.glasses(empty))).toBe('StganError empty-glasses');
  expect(await failure(tryOn.glasses({ ...clean, height: 1 }))).toBe('StganError image-size');
  expect(await failure(tryOn.glasses(files.png.subarray(0, 100)))).toBe('StganError decode');
  for (const source of ['glasses.png', undefined, null, {}, 5])
    expect(await failure(tryOn.glasses(source)), String(source)).toBe('StganError unsupported-image');
});

test('invalid options of glasses are errors with a code', async ({ tryOn }) => {
  for (const options of [
    { cutOut: 'yes' },
    { cutOut: null },
    { widthMm: 0 },
    { widthMm: NaN },
    { widthMm: Infinity },
    { widthMm: 251 },
    { widthMm: '140' },
  ]) {
    expect(await failure(tryOn.glasses(glasses(), options)), JSON.stringify(options)).toBe('StganError argument');
  }
  const prepared = await tryOn.glasses(glasses(), { cutOut: undefined, widthMm: undefined, signal: undefined });
  expect(prepared.widthMm).toBe(undefined);
  prepared.dispose();
});

test('an aborted preparation ends at once, and does not stop the others', async ({ stgan, consumer, product }) => {
  const before = new AbortController();
  before.abort();
  let respond;
  const tryOn = await stgan.TryOn.create({ cutOut: new Promise((resolve) => (respond = resolve)) });
  expect(await failure(tryOn.glasses(glasses(), before))).toBe('StganError aborted');
  const controller = new AbortController();
  const aborted = failure(tryOn.glasses(product, controller));
  const other = tryOn.glasses(product);
  controller.abort();
  expect(await aborted).toBe('StganError aborted');
  respond(new Response(consumer.read('weights/cutout.safetensors')));
  expect((await other).report.kind).toBe('cut-out');
  tryOn.dispose();
});

test('the last call of setGlasses wins, even if an earlier one takes longer', async ({ stgan, consumer, product }) => {
  let respond;
  const tryOn = await stgan.TryOn.create({ cutOut: new Promise((resolve) => (respond = resolve)) });
  async function* endless() {
    for (;;) {
      yield white;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const track = await tryOn.track(endless(), glasses());
  const slow = track.setGlasses(product);
  await track.setGlasses(glasses(800, 320));
  respond(new Response(consumer.read('weights/cutout.safetensors')));
  await slow;
  expect(track.glasses.bounds.width).toBe(780);
  track.stop();
  expect(track.glasses.report.kind).toBe('untouched');
  tryOn.dispose();
});

test('glasses, fits and models may be disposed in any order', async ({ stgan, product }) => {
  const tryOn = await stgan.TryOn.create();
  const prepared = await tryOn.glasses(product);
  const unread = await tryOn.glasses(glasses());
  const [fit, remembered] = [
    await tryOn.fit(photo(), prepared, { placement }),
    await tryOn.fit(photo(), product, { placement }),
  ];
  const { image } = prepared;
  prepared.dispose();
  prepared[Symbol.dispose]();
  expect(prepared.image).toBe(image);
  expect(prepared.report.kind).toBe('cut-out');
  expect(await failure(tryOn.fit(photo(), prepared, { placement }))).toBe('StganError disposed');
  expect(await failure(tryOn.glasses(prepared))).toBe('StganError disposed');
  tryOn.dispose();
  expect(await failure(tryOn.glasses(product))).toBe('StganError disposed');
  expect(unread.image.width).toBe(400);
  expect(samePixels(fit.composite(), remembered.composite())).toBe(true);
  expect(samePixels(fit.glasses.image, image)).toBe(true);
  fit.dispose();
  expect(remembered.composite().width).toBe(640);
  const { glasses: own } = remembered;
  remembered.dispose();
  expect(() => own.image).toThrow(expect.objectContaining({ name: 'StganError', code: 'disposed' }));
  // All models share the glasses.
  const next = await stgan.TryOn.create();
  expect((await next.fit(photo(), unread, { placement })).glasses.bounds.width).toBe(380);
  next.dispose();
});

test('an entry of a manifest is used without preparation', async ({ tryOn, product, preparations }) => {
  const prepared = await tryOn.glasses(product);
  preparations.count = 0;
  const { report, bounds, lensCentres, image } = prepared;
  const entry = { image, sha256: '00', width: image.width, height: image.height, bounds, lensCentres, report };
  const restored = await tryOn.glasses(entry, { widthMm: 132 });
  expect(samePixels(restored.image, image)).toBe(true);
  expect([restored.report, restored.bounds, restored.lensCentres]).toEqual([report, bounds, lensCentres]);
  expect(restored.widthMm).toBe(132);
  const [fit, other] = [
    await tryOn.fit(photo(), restored, { placement }),
    await tryOn.fit(photo(), prepared, { placement }),
  ];
  expect(fit.homography).toEqual(other.homography);
  const file = catalogue('harbour');
  for (const source of [pathToFileURL(file), pathToFileURL(file).href, readFileSync(file)]) {
    const served = await tryOn.glasses({ image: source, report, width: 800 });
    expect([served.image.width, served.report]).toEqual([800, report]);
    served.dispose();
  }
  expect((await tryOn.glasses({ image: glasses() })).report.kind).toBe('untouched');
  expect(preparations.count).toBe(0);

  const code = (changed) => failure(tryOn.glasses({ ...entry, ...changed }));
  expect(await code({ image: pathToFileURL(catalogue('missing')) })).toBe('StganError fetch');
  expect(await code({ image: 'no address' })).toBe('StganError fetch');
  expect(await code({ image: undefined })).toBe('StganError unsupported-image');
  expect(await code({ width: 1 })).toBe('StganError image-size');
  expect(await code({ report: 'cut-out' })).toBe('StganError argument');
  expect(await code({ lensCentres: [{ x: 1, y: 2 }] })).toBe('StganError argument');
  expect(await code({ widthMm: -1 })).toBe('StganError argument');
  const refused = { error: { code: 'busy-ground', message: 'the background is not plain' } };
  const error = await tryOn.glasses(refused).catch((error) => error);
  expect([error.name, error.code, error.message]).toEqual(['StganError', 'busy-ground', 'the background is not plain']);
});
