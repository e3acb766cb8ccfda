/** Preparing product photos with the packed package in a page. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/project.mjs';
import { test as base, expect } from './fixtures.mjs';

const catalogue = readFileSync(join(root, 'www', 'public', 'gallery', 'glasses', 'harbour.png'));

const test = base.extend({
  /**
   * The page, with glasses of the catalogue at products/clean.png, and `product`, the same glasses
   * on white in a JPEG file.
   */
  page: async ({ page }, use) => {
    await page.route('**/products/clean.png', (route) => route.fulfill({ contentType: 'image/png', body: catalogue }));
    await page.evaluate(async () => {
      const bitmap = await createImageBitmap(await (await fetch('products/clean.png')).blob());
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      const clean = context.getImageData(0, 0, bitmap.width, bitmap.height);
      window.product = await window.toBlob(window.images.onWhite(clean, 1000, 600), 'image/jpeg');
    });
    await use(page);
  },
});

test('a JPEG file on white is cut out, and the network is loaded once', async ({ page, requests }) => {
  const networks = () => requests.filter((path) => /cutout[^/]*\.safetensors$/.test(path)).length;
  await page.evaluate(async () => {
    window.tryOn = await window.stgan.TryOn.create();
    await window.tryOn.fit(window.images.photo(), window.images.glasses(), { placement: window.placement });
  });
  expect(networks()).toBe(0);
  const result = await page.evaluate(async () => {
    const { images, placement, product, tryOn } = window;
    const glasses = await tryOn.glasses(product);
    const { image, report } = glasses;
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext('2d').putImageData(image, 0, 0);
    const [fit, other] = [
      await tryOn.fit(images.photo(), product, { placement }),
      await tryOn.fit(images.photo(), glasses, { placement }),
    ];
    return {
      kind: report.kind,
      isImageData: image instanceof ImageData,
      corner: image.data[3],
      isWide: image.width > 750 && image.width < 850,
      png: (await canvas.convertToBlob()).type,
      sameFit: fit.homography.every((value, i) => value === other.homography[i]),
    };
  });
  expect(result).toEqual({
    kind: 'cut-out',
    isImageData: true,
    corner: 0,
    isWide: true,
    png: 'image/png',
    sameFit: true,
  });
  expect(networks()).toBe(1);
});

test('the address in an entry of a manifest refers to the page', async ({ page, requests }) => {
  const result = await page.evaluate(async () => {
    const tryOn = await window.stgan.TryOn.create();
    const report = { kind: 'cut-out', lenses: 'tinted', confidence: 0.9, warnings: ['straightened'] };
    const glasses = await tryOn.glasses({ image: 'products/clean.png', width: 800, report });
    const missing = window.images.failure(tryOn.glasses({ image: 'products/missing.png' }));
    return [glasses.image.width, glasses.report.lenses, await missing];
  });
  expect(result).toEqual([800, 'tinted', 'StganError fetch']);
  expect(requests.filter((path) => path.includes('cutout'))).toEqual([]);
});

test('a product photo works in a module worker', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const photo = window.images.photo();
    const { error, homography } = await window.fitInWorker({
      photo,
      glasses: window.product,
      placement: window.placement,
    });
    const fit = await (await window.stgan.TryOn.create()).fit(photo, window.product, { placement: window.placement });
    return [error, fit.homography.every((value, i) => value === homography[i])];
  });
  expect(result).toEqual([undefined, true]);
});
