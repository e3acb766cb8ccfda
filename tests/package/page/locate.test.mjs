/** Finding faces with the packed package in a page. */
import { offPupils } from '../pictures.mjs';
import { expect, test } from './fixtures.mjs';

test('a face is found in pixels and in pictures of the browser alike, with weights that come when they are needed', async ({
  page,
  requests,
}) => {
  const asked = () => requests.filter((path) => /locator.*\.safetensors$/.test(path)).length;
  await page.evaluate(async () => {
    window.tryOn = await window.stgan.TryOn.create();
    window.photo = window.pictures.photo(2000, 1500);
    const placement = window.pictures.placementOn(window.photo);
    (await window.tryOn.fit(window.photo, window.pictures.glasses(), { placement })).dispose();
  });
  expect(asked()).toBe(0);
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
  expect(asked()).toBe(1);
  expect([found.pixels.length, found.bitmap.length, found.nobody.length]).toEqual([1, 1, 0]);
  for (const faces of [found.pixels, found.bitmap])
    expect(offPupils(faces[0], { width: 2000, height: 1500 })).toBeLessThan(0.2);
  expect(found.initial.every(Number.isFinite)).toBe(true);
  expect(found.code).toBe('no-face');
});
