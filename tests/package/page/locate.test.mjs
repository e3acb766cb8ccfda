/** Locating faces with the packed package in a page. */
import { pupilError } from '../images.mjs';
import { expect, test } from './fixtures.mjs';

test('locate finds the same face in pixels and in a bitmap, and loads its weights on first use', async ({
  page,
  requests,
}) => {
  const locatorRequests = () => requests.filter((path) => /locator.*\.safetensors$/.test(path)).length;
  await page.evaluate(async () => {
    window.tryOn = await window.stgan.TryOn.create();
    window.photo = window.images.photo(2000, 1500);
    const placement = window.images.placementOn(window.photo);
    (await window.tryOn.fit(window.photo, window.images.glasses(), { placement })).dispose();
  });
  expect(locatorRequests()).toBe(0);
  const found = await page.evaluate(async () => {
    const { tryOn, photo } = window;
    const bitmap = await createImageBitmap(new ImageData(photo.data, photo.width, photo.height));
    const noFace = await createImageBitmap(new ImageData(300, 200));
    const code = (promise) =>
      promise.then(
        () => 'none',
        (error) => error.code,
      );
    const faces = {
      pixels: await tryOn.locate(photo),
      bitmap: await tryOn.locate(bitmap),
      noFace: await tryOn.locate(noFace),
    };
    const fit = await tryOn.fit(bitmap, window.images.glasses());
    return { ...faces, initial: [...fit.initial], code: await code(tryOn.fit(noFace, window.images.glasses())) };
  });
  expect(locatorRequests()).toBe(1);
  expect([found.pixels.length, found.bitmap.length, found.noFace.length]).toEqual([1, 1, 0]);
  for (const faces of [found.pixels, found.bitmap])
    expect(pupilError(faces[0], { width: 2000, height: 1500 })).toBeLessThan(0.2);
  expect(found.bitmap, 'the browser does not scale').toEqual(found.pixels);
  expect(found.initial.every(Number.isFinite)).toBe(true);
  expect(found.code).toBe('no-face');
});
