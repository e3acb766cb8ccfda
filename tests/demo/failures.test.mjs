import { expect, test } from './fixtures.mjs';
import { blackPng, glasses, png } from './images.mjs';
import { fitted, give, notice, noticed, state } from './site.mjs';

const plain = () => png(60, 80, () => [90, 120, 150, 255]);

test('a file that is no picture, a picture that is too large, and the way back', async ({ demo }) => {
  const before = await state(demo);
  await give(demo, '#photo-file', 'letter.pdf', 'application/pdf', Buffer.from('%PDF-1.7 not a picture'));
  await notice(demo, /letter\.pdf.*not a picture.*JPEG, PNG or WebP/);
  await give(demo, '#photo-file', 'IMG_1.HEIC', 'image/heic', Buffer.from('ftypheic'));
  await notice(demo, /HEIC.*JPEG/);
  await give(demo, '#photo-file', 'poster.png', 'image/png', blackPng(8001, 8000));
  await notice(demo, /8001 × 8000 pixels.*64 megapixels/);
  const after = await state(demo);
  expect(after.photo, 'the photo that was open stays open').toBe(before.photo);
  expect(after.homography).toEqual(before.homography);
  await demo.getByRole('button', { name: 'Dismiss' }).click();
  expect(await noticed(demo)).toBe(false);
  await give(demo, '#photo-file', 'fine.png', 'image/png', plain());
  await demo.waitForSelector('main[data-photo^="own"]');
});

test('a frame without transparency is used with a warning, an empty one is not', async ({ demo }) => {
  await give(
    demo,
    '#glasses-file',
    'solid.png',
    'image/png',
    png(90, 40, () => [40, 40, 40, 255]),
  );
  await notice(demo, /solid\.png.*no transparent background/);
  await demo.waitForSelector('main[data-glasses^="own"]');
  const { frame } = await state(demo);
  await give(
    demo,
    '#glasses-file',
    'empty.png',
    'image/png',
    png(90, 40, () => [40, 40, 40, 0]),
  );
  await notice(demo, /empty\.png.*transparent/);
  expect((await state(demo)).frame).toBe(frame);
  await give(demo, '#glasses-file', 'good.png', 'image/png', glasses());
  await demo.waitForFunction((old) => document.querySelector('main').dataset.glasses !== old, frame);
  expect(await noticed(demo), 'what went well takes the warning away').toBe(false);
});

test.describe('files that do not come', () => {
  test.use({ troubled: true });

  test('weights that do not load: said, and tried again', async ({ page }) => {
    let broken = true;
    await page.route(/\.safetensors$/, (route) => (broken ? route.abort() : route.continue()));
    await page.goto('./');
    const shown = await notice(page, /model could not be loaded.*connection/);
    expect((await state(page)).model).toBe('false');
    await page.waitForSelector('main[data-state="placed"]');
    broken = false;
    await shown.getByRole('button', { name: 'Try again' }).click();
    await fitted(page);
    expect(await noticed(page)).toBe(false);
  });

  test('damaged weights are told apart', async ({ page }) => {
    await page.route(/\.safetensors$/, (route) => route.fulfill({ status: 200, body: 'not weights' }));
    await page.goto('./');
    await notice(page, /damaged/);
  });

  test('without the gallery one’s own pictures work all the same', async ({ page }) => {
    await page.route(/gallery\.json$/, (route) => route.fulfill({ status: 404 }));
    await page.goto('./');
    await notice(page, /sample portraits and frames could not be loaded/);
    await give(page, '#photo-file', 'fine.png', 'image/png', plain());
    await give(page, '#glasses-file', 'good.png', 'image/png', glasses());
    await page.waitForSelector('main[data-state="placed"]');
    await page.click('#fit');
    await fitted(page);
  });
});
