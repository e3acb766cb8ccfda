/** Locating faces with the packed package in Node. */
import { failure, glasses, photo, placementOn, pupilError } from '../images.mjs';
import { expect, test } from './fixtures.mjs';

const noFace = (width = 320, height = 240) => ({
  data: new Uint8ClampedArray(width * height * 4).fill(200),
  width,
  height,
});

test('locate finds a face at every size of the photo', async ({ tryOn }) => {
  for (const [width, height] of [
    [320, 240],
    [640, 480],
    [3000, 2250],
  ]) {
    const image = photo(width, height);
    const original = image.data.slice();
    const [face, ...others] = await tryOn.locate(image);
    expect(face, `at ${width}×${height}`).toBeDefined();
    expect(others).toEqual([]);
    expect(pupilError(face, image), `at ${width}×${height}`).toBeLessThan(0.2);
    expect(face.score).toBeGreaterThan(0);
    expect(face.score).toBeLessThanOrEqual(1);
    const { x, y, width: glassesWidth, rotation } = face.placement;
    const pupilDistance = Math.hypot(face.pupils[1].x - face.pupils[0].x, face.pupils[1].y - face.pupils[0].y);
    expect(Math.abs(glassesWidth / pupilDistance - 0.613 / 0.278)).toBeLessThan(1e-6);
    expect(Math.abs(rotation)).toBeLessThan(10);
    expect(Math.abs(x - (face.pupils[0].x + face.pupils[1].x) / 2)).toBeLessThan(1e-9);
    expect(Math.abs(y - (face.pupils[0].y + face.pupils[1].y) / 2)).toBeLessThan(1e-9);
    expect(Buffer.from(image.data.buffer).equals(Buffer.from(original.buffer)), 'the photo is unchanged').toBe(true);
  }
});

test('a fit without a placement starts from the first face', async ({ tryOn }) => {
  const image = photo();
  const [face] = await tryOn.locate(image);
  const [automatic, placed] = [
    await tryOn.fit(image, glasses()),
    await tryOn.fit(image, glasses(), { placement: face.placement }),
  ];
  expect(automatic.initial).toEqual(placed.initial);
  expect(automatic.homography).toEqual(placed.homography);
  expect((await tryOn.fit(image, glasses(), { updates: 0 })).updates.length).toBe(0);
});

test('without a face, locate returns an empty array and fit rejects', async ({ tryOn }) => {
  expect(await tryOn.locate(noFace())).toEqual([]);
  expect(await tryOn.locate(noFace(1, 1))).toEqual([]);
  expect(await failure(tryOn.fit(noFace(), glasses()))).toBe('StganError no-face');
  expect(await failure(tryOn.locate({ data: new Uint8Array(3), width: 1, height: 1 }))).toBe('StganError image-size');
  expect(await failure(tryOn.locate('photo.jpg'))).toBe('StganError unsupported-image');
});

test('the weights of the locator are loaded on first use', async ({ stgan }) => {
  const wrong = await stgan.TryOn.create({ locator: new Uint8Array(100) });
  const fit = await wrong.fit(photo(), glasses(), { placement: placementOn({ width: 640, height: 480 }) });
  expect(fit.updates.length).toBeGreaterThan(0);
  expect(await failure(wrong.locate(photo()))).toBe('StganError weights');
  const missing = await stgan.TryOn.create({ locator: new URL('file:///no/such/file') });
  expect(await failure(missing.fit(photo(), glasses()))).toBe('StganError fetch');
  missing.dispose();
  expect(await failure(missing.locate(photo()))).toBe('StganError disposed');
});
