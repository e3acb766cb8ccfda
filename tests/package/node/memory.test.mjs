/** The wasm memory of the packed package in plain Node. */
import { failure, glasses, photo, placementOn } from '../pictures.mjs';
import { test as base, expect } from './fixtures.mjs';

const test = base.extend({
  /** The size of the wasm memory, which only grows. */
  memory: async ({ glue }, use) => use(async () => (await glue.default()).memory.buffer.byteLength),
});

test.use({ process: 'memory' });

const placement = placementOn({ width: 640, height: 480 });

test('a fit on 48 megapixels leaves the photo outside of wasm', async ({ tryOn, memory }) => {
  const back = photo(8000, 6000);
  // A face of a group: wasm is given what lies around the frame, about two and a half times as wide and high.
  const fit = await tryOn.fit(back, glasses(1000, 400), { placement: { ...placementOn(back), width: 800 } });
  const composite = fit.composite({ update: 0 });
  expect([composite.width, composite.height]).toEqual([8000, 6000]);
  const rows = (picture, from, to) => Buffer.from(picture.data.buffer, from * 32_000, (to - from) * 32_000);
  const { y, image } = fit.overlay({ update: 0 });
  expect(rows(composite, 0, y).equals(rows(back, 0, y))).toBe(true);
  expect(rows(composite, y + image.height, 6000).equals(rows(back, y + image.height, 6000))).toBe(true);
  expect(rows(composite, y, y + image.height).equals(rows(back, y, y + image.height))).toBe(false);
  expect(await memory()).toBeLessThan(75e6);
  fit.dispose();
});

test('fits give their memory back', async ({ stgan, memory }) => {
  const [back, front] = [photo(), glasses()];
  const round = async () => {
    const other = await stgan.TryOn.create();
    const fit = await other.fit(back, front, { placement });
    fit.composite();
    other.dispose();
    fit.dispose();
  };
  for (let i = 0; i < 3; i++) await round();
  const size = await memory();
  for (let i = 0; i < 20; i++) await round();
  expect(await memory()).toBe(size);
});

test('the package starts afresh after a crash', async ({ stgan, glue, tryOn }) => {
  const earlier = await tryOn.fit(photo(), glasses(), { placement });
  // Without memory left, the next large allocation traps.
  const wasm = (await glue.default()).memory;
  wasm.grow(65_536 - wasm.buffer.byteLength / 65_536);
  const huge = { data: new Uint8Array(24_000_000).fill(255), width: 3000, height: 2000 };
  let last;
  for (let i = 0; i < 20 && last !== 'StganError internal'; i++)
    last = await failure(tryOn.fit(photo(), huge, { placement }));
  expect(last).toBe('StganError internal');
  expect(await failure(tryOn.fit(photo(), glasses(), { placement }))).toBe('StganError internal');
  expect(() => earlier.composite()).toThrow(expect.objectContaining({ name: 'StganError', code: 'internal' }));
  earlier.dispose();
  tryOn.dispose();
  const next = await stgan.TryOn.create();
  const fit = await next.fit(photo(), glasses(), { placement });
  expect(fit.homography).toEqual(earlier.homography);
  fit.dispose();
  next.dispose();
});
