/** The wasm memory that the packed package uses in Node. */
import { failure, glasses, photo, placementOn } from '../images.mjs';
import { test as base, expect } from './fixtures.mjs';

const test = base.extend({
  /** Returns the size of the wasm memory in bytes. It never shrinks. */
  memory: async ({ bindings }, use) => use(async () => (await bindings.default()).memory.buffer.byteLength),
});

test.use({ process: 'memory' });

const placement = placementOn({ width: 640, height: 480 });

test('a photo of 48 megapixels is not copied into wasm', async ({ tryOn, memory }) => {
  const back = photo(8000, 6000);
  // A small face: wasm reads the region around the glasses, about 2.5 times as wide and high.
  const fit = await tryOn.fit(back, glasses(1000, 400), { placement: { ...placementOn(back), width: 800 } });
  const composite = fit.composite({ update: 0 });
  expect([composite.width, composite.height]).toEqual([8000, 6000]);
  const rows = (image, from, to) => Buffer.from(image.data.buffer, from * 32_000, (to - from) * 32_000);
  const { y, image } = fit.overlay({ update: 0 });
  expect(rows(composite, 0, y).equals(rows(back, 0, y))).toBe(true);
  expect(rows(composite, y + image.height, 6000).equals(rows(back, y + image.height, 6000))).toBe(true);
  expect(rows(composite, y, y + image.height).equals(rows(back, y, y + image.height))).toBe(false);
  expect(await memory()).toBeLessThan(75e6);
  fit.dispose();
});

test('dispose frees the memory of fits and models', async ({ stgan, memory }) => {
  const [back, front] = [photo(), glasses()];
  const round = async () => {
    const tryOn = await stgan.TryOn.create();
    const fit = await tryOn.fit(back, front, { placement });
    const glasses = await tryOn.glasses(front);
    fit.composite();
    tryOn.dispose();
    fit.dispose();
    glasses.dispose();
  };
  for (let i = 0; i < 3; i++) await round();
  const size = await memory();
  for (let i = 0; i < 20; i++) await round();
  expect(await memory()).toBe(size);
});

test('a new TryOn works after wasm has crashed', async ({ stgan, bindings, tryOn }) => {
  const prepared = await tryOn.glasses(glasses());
  const earlier = await tryOn.fit(photo(), prepared, { placement });
  // With all memory in use, the next large allocation traps.
  const { memory } = await bindings.default();
  memory.grow(65_536 - memory.buffer.byteLength / 65_536);
  let last;
  for (let i = 0; i < 20 && last !== 'StganError internal'; i++)
    last = await failure(tryOn.fit(photo(), glasses(3000 + i, 1200), { placement }));
  expect(last).toBe('StganError internal');
  expect(await failure(tryOn.fit(photo(), glasses(), { placement }))).toBe('StganError internal');
  expect(() => earlier.composite()).toThrow(expect.objectContaining({ name: 'StganError', code: 'internal' }));
  earlier.dispose();
  tryOn.dispose();
  const next = await stgan.TryOn.create();
  expect(await failure(next.fit(photo(), prepared, { placement }))).toBe('StganError argument');
  const fit = await next.fit(photo(), glasses(), { placement });
  expect(fit.homography).toEqual(earlier.homography);
  fit.dispose();
  next.dispose();
});
