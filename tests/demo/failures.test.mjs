import { expect, test } from './fixtures.mjs';
import { blackPng, glasses, png } from './images.mjs';
import { chooseFile, fitted, notice, noticeVisible, state } from './site.mjs';

const plain = () => png(60, 80, () => [90, 120, 150, 255]);

test('photos that cannot be opened are explained and change nothing; a good photo opens', async ({ demo }) => {
  const before = await state(demo);
  await chooseFile(demo, '#photo-file', 'letter.pdf', 'application/pdf', Buffer.from('%PDF-1.7 not an image'));
  await notice(demo, /letter\.pdf.*not an image.*JPEG, PNG or WebP/);
  await chooseFile(demo, '#photo-file', 'IMG_1.HEIC', 'image/heic', Buffer.from('ftypheic'));
  await notice(demo, /HEIC.*JPEG/);
  await chooseFile(demo, '#photo-file', 'poster.png', 'image/png', blackPng(8001, 8000));
  await notice(demo, /8001 × 8000 pixels.*64 megapixels/);
  const after = await state(demo);
  expect(after.photo, 'the photo that was open stays open').toBe(before.photo);
  expect(after.homography).toEqual(before.homography);
  await demo.getByRole('button', { name: 'Dismiss' }).click();
  expect(await noticeVisible(demo)).toBe(false);
  await chooseFile(demo, '#photo-file', 'fine.png', 'image/png', plain());
  await demo.waitForSelector('main[data-photo^="own"]');
});

test('completely transparent glasses are rejected; good ones open', async ({ demo }) => {
  const { glasses: before } = await state(demo);
  await chooseFile(
    demo,
    '#glasses-file',
    'empty.png',
    'image/png',
    png(90, 40, () => [40, 40, 40, 0]),
  );
  await notice(demo, /empty\.png.*transparent/);
  expect((await state(demo)).glasses).toBe(before);
  await chooseFile(demo, '#glasses-file', 'good.png', 'image/png', glasses());
  await demo.waitForFunction((old) => document.querySelector('main').dataset.glasses !== old, before);
  expect(await noticeVisible(demo), 'the next success removes the notice').toBe(false);
});

test.describe('failed downloads', () => {
  test.use({ expectsErrors: true });

  test('a failed download of the weights is explained and can be retried', async ({ page }) => {
    let broken = true;
    await page.route(/\.safetensors$/, (route) => (broken ? route.abort() : route.continue()));
    await page.goto('./');
    const shown = await notice(page, /model could not be loaded.*connection/);
    expect((await state(page)).model).toBe('false');
    await page.waitForSelector('main[data-state="placed"]');
    await chooseFile(page, '#glasses-file', 'good.png', 'image/png', glasses());
    await expect(page.locator('#own-glasses')).toHaveAttribute('data-busy', 'false');
    await expect(shown, 'without the model, glasses cannot be prepared').toBeVisible();
    broken = false;
    await shown.getByRole('button', { name: 'Try again' }).click();
    await fitted(page);
    expect(await noticeVisible(page)).toBe(false);
  });

  test('corrupted weights are reported as such', async ({ page }) => {
    await page.route(/\.safetensors$/, (route) => route.fulfill({ status: 200, body: 'not weights' }));
    await page.goto('./');
    await notice(page, /corrupted/);
  });

  test('without the gallery, the user’s own images work', async ({ page }) => {
    await page.route(/gallery\.json$/, (route) => route.fulfill({ status: 404 }));
    await page.goto('./');
    await notice(page, /sample portraits and glasses could not be loaded/);
    await chooseFile(page, '#photo-file', 'fine.png', 'image/png', plain());
    await chooseFile(page, '#glasses-file', 'good.png', 'image/png', glasses());
    await page.waitForSelector('main[data-state="placed"]');
    await page.click('#fit');
    await fitted(page);
  });
});
