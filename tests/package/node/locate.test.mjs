/** Finding faces with the packed package in plain Node. */
import { failure, glasses, offPupils, photo, placementOn } from '../pictures.mjs';
import { expect, test } from './fixtures.mjs';

const nobody = (width = 320, height = 240) => ({
  data: new Uint8ClampedArray(width * height * 4).fill(200),
  width,
  height,
});

test('a face is found, whatever the size of the photo', async ({ tryOn }) => {
  for (const [width, height] of [
    [320, 240],
    [640, 480],
    [3000, 2250],
  ]) {
    const picture = photo(width, height);
    const untouched = picture.data.slice();
    const [face, ...others] = await tryOn.locate(picture);
    expect(face, `at ${width}×${height}`).toBeDefined();
    expect(others).toEqual([]);
    expect(offPupils(face, picture), `at ${width}×${height}`).toBeLessThan(0.2);
    expect(face.score).toBeGreaterThan(0);
    expect(face.score).toBeLessThanOrEqual(1);
    const { x, y, width: across, rotation } = face.placement;
    const between = Math.hypot(face.pupils[1].x - face.pupils[0].x, face.pupils[1].y - face.pupils[0].y);
    expect(Math.abs(across / between - 0.613 / 0.278)).toBeLessThan(1e-6);
    expect(Math.abs(rotation)).toBeLessThan(10);
    expect(Math.abs(x - (face.pupils[0].x + face.pupils[1].x) / 2)).toBeLessThan(1e-9);
    expect(Math.abs(y - (face.pupils[0].y + face.pupils[1].y) / 2)).toBeLessThan(1e-9);
    expect(Buffer.from(picture.data.buffer).equals(Buffer.from(untouched.buffer)), 'the photo is as it was').toBe(true);
  }
});

test('a face is where a fit without a placement starts', async ({ tryOn }) => {
  const picture = photo();
  const [face] = await tryOn.locate(picture);
  const [alone, given] = [
    await tryOn.fit(picture, glasses()),
    await tryOn.fit(picture, glasses(), { placement: face.placement }),
  ];
  expect(alone.initial).toEqual(given.initial);
  expect(alone.homography).toEqual(given.homography);
  expect((await tryOn.fit(picture, glasses(), { updates: 0 })).updates.length).toBe(0);
});

test('a face that is not there is no error of locate, and one of fit', async ({ tryOn }) => {
  expect(await tryOn.locate(nobody())).toEqual([]);
  expect(await tryOn.locate(nobody(1, 1))).toEqual([]);
  expect(await failure(tryOn.fit(nobody(), glasses()))).toBe('StganError no-face');
  expect(await failure(tryOn.locate({ data: new Uint8Array(3), width: 1, height: 1 }))).toBe('StganError image-size');
  expect(await failure(tryOn.locate('photo.jpg'))).toBe('StganError unsupported-image');
});

test('finding needs weights, which are read when they are first needed', async ({ stgan }) => {
  const wrong = await stgan.TryOn.create({ locator: new Uint8Array(100) });
  const fit = await wrong.fit(photo(), glasses(), { placement: placementOn({ width: 640, height: 480 }) });
  expect(fit.updates.length).toBeGreaterThan(0);
  expect(await failure(wrong.locate(photo()))).toBe('StganError weights');
  const missing = await stgan.TryOn.create({ locator: new URL('file:///no/such/file') });
  expect(await failure(missing.fit(photo(), glasses()))).toBe('StganError fetch');
  missing.dispose();
  expect(await failure(missing.locate(photo()))).toBe('StganError disposed');
});
