import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { blackPng, glasses, png } from './png.mjs';
import { fitted, start, state } from './site.mjs';

let demo;
before(async () => (demo = await start()));
after(() => demo?.close());

const give = (page, input, name, mimeType, buffer) => page.setInputFiles(input, { name, mimeType, buffer });

async function notice(page, words) {
  const shown = page.getByRole('alert').filter({ hasText: words });
  await shown.waitFor();
  return shown;
}

test('a file that is no picture, a picture that is too large, and the way back', async () => {
  const page = await demo.open();
  await fitted(page);
  const before = await state(page);
  await give(page, '#photo-file', 'letter.pdf', 'application/pdf', Buffer.from('%PDF-1.7 not a picture'));
  await notice(page, /letter\.pdf.*not a picture.*JPEG, PNG or WebP/);
  await give(page, '#photo-file', 'IMG_1.HEIC', 'image/heic', Buffer.from('ftypheic'));
  await notice(page, /HEIC.*JPEG/);
  await give(page, '#photo-file', 'poster.png', 'image/png', blackPng(8001, 8000));
  await notice(page, /8001 × 8000 pixels.*64 megapixels/);
  const after = await state(page);
  assert.equal(after.photo, before.photo, 'the photo that was open stays open');
  assert.deepEqual(after.homography, before.homography);
  await page.getByRole('button', { name: 'Dismiss' }).click();
  assert.equal(await page.locator('.notice').isVisible(), false);
  await give(
    page,
    '#photo-file',
    'fine.png',
    'image/png',
    png(60, 80, () => [90, 120, 150, 255]),
  );
  await page.waitForSelector('main[data-photo^="own"]');
  assert.deepEqual(page.problems, []);
});

test('a frame without transparency is used with a warning, an empty one is not', async () => {
  const page = await demo.open();
  await fitted(page);
  await give(
    page,
    '#frame-file',
    'solid.png',
    'image/png',
    png(90, 40, () => [40, 40, 40, 255]),
  );
  await notice(page, /solid\.png.*no transparent background/);
  await page.waitForSelector('main[data-frame^="own"]');
  const { frame } = await state(page);
  await give(
    page,
    '#frame-file',
    'empty.png',
    'image/png',
    png(90, 40, () => [40, 40, 40, 0]),
  );
  await notice(page, /empty\.png.*transparent/);
  assert.equal((await state(page)).frame, frame);
  await give(page, '#frame-file', 'good.png', 'image/png', glasses());
  await page.waitForFunction((old) => document.querySelector('main').dataset.frame !== old, frame);
  assert.equal(await page.locator('.notice').isVisible(), false, 'what went well takes the warning away');
});

test('weights that do not load: said, and tried again', async () => {
  let broken = true;
  const page = await demo.open({
    prepare: (context) => context.route(/\.safetensors$/, (route) => (broken ? route.abort() : route.continue())),
  });
  const shown = await notice(page, /model could not be loaded.*connection/);
  assert.equal((await state(page)).model, 'false');
  await page.waitForSelector('main[data-state="placed"]');
  broken = false;
  await shown.getByRole('button', { name: 'Try again' }).click();
  await fitted(page);
  assert.equal(await page.locator('.notice').isVisible(), false);
});

test('damaged weights and a missing gallery are told apart', async () => {
  const damaged = await demo.open({
    prepare: (context) =>
      context.route(/\.safetensors$/, (route) => route.fulfill({ status: 200, body: 'not weights' })),
  });
  await notice(damaged, /damaged/);
  const bare = await demo.open({
    prepare: (context) => context.route(/gallery\.json$/, (route) => route.fulfill({ status: 404 })),
  });
  await notice(bare, /sample portraits and frames could not be loaded/);
  // One's own pictures work all the same.
  await give(
    bare,
    '#photo-file',
    'fine.png',
    'image/png',
    png(60, 80, () => [90, 120, 150, 255]),
  );
  await give(bare, '#frame-file', 'good.png', 'image/png', glasses());
  await bare.waitForSelector('main[data-state="placed"]');
  await bare.click('#fit');
  await fitted(bare);
});
