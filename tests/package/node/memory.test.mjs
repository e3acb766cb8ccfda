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

test('fits that are not disposed do not fill the memory of wasm', async ({ tryOn, memory }) => {
  const back = photo();
  const all = [];
  const add = async (i) => all.push(await tryOn.fit(back, glasses(900, 360 + i), { placement, updates: 0 }));
  // Each pair of glasses takes about 8 MB of wasm.
  for (let i = 0; i < 80; i++) await add(i);
  // All of them would take 650 MB.
  expect(await memory()).toBeLessThan(480e6);
  // Glasses that were evicted are prepared again, with the same result.
  const kept = all[0].composite();
  const again = await tryOn.fit(back, glasses(900, 360), { placement, updates: 0 });
  expect(Buffer.from(kept.data.buffer).equals(Buffer.from(again.composite().data.buffer))).toBe(true);
  expect(all[1].glasses.image.data).toEqual(glasses(900, 361).data);
  for (const fit of [...all, again]) fit.dispose();
});

test('a call for which wasm has too little memory fails, and the next one works', async ({ bindings, tryOn }) => {
  const [back, front] = [photo(), glasses()];
  const fit = await tryOn.fit(back, front, { placement });
  const before = fit.composite();
  const { __wbindgen_malloc: allocate, __wbindgen_free: free } = await bindings.default();
  const blocks = [];
  for (const size of [1e9, 1e8, 1e7, 3e6]) while (bindings.hasRoom(size)) blocks.push([allocate(size, 1), size]);
  const refused = [
    tryOn.fit(back, front, { placement }),
    tryOn.fit(back, glasses(1600, 600), { placement }),
    tryOn.glasses(glasses(1600, 600)),
    tryOn.locate(back),
  ];
  for (const call of refused) expect(await failure(call)).toBe('StganError out-of-memory');
  expect(Buffer.from(fit.composite().data.buffer).equals(Buffer.from(before.data.buffer))).toBe(true);
  for (const [address, size] of blocks) free(address, size, 1);
  expect((await tryOn.fit(back, front, { placement })).homography).toEqual(fit.homography);
  expect((await tryOn.locate(back)).length).toBe(1);
});

test('a new TryOn works after wasm has crashed', async ({ stgan, bindings, tryOn }) => {
  const prepared = await tryOn.glasses(glasses());
  const earlier = await tryOn.fit(photo(), prepared, { placement });
  // What a trap looks like: an exception without a code.
  const { view } = bindings.TryOn.prototype;
  bindings.TryOn.prototype.view = () => {
    throw new WebAssembly.RuntimeError('unreachable');
  };
  expect(await failure(tryOn.fit(photo(), glasses(), { placement }))).toBe('StganError internal');
  bindings.TryOn.prototype.view = view;
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
