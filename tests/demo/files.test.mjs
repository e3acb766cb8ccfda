import { expect, test } from './fixtures.mjs';
import { glasses, png, pngSize } from './images.mjs';
import { chooseFile, download, firstPortrait, fitted, noticeVisible, placed, state, windowPoint } from './site.mjs';

const gradient = (width, height) => png(width, height, (x, y) => [(x * 7) & 255, (y * 5) & 255, (x + y) & 255, 255]);

/** Drops or pastes a file on an element. */
async function transfer(page, kind, selector, name, type, bytes) {
  await page.evaluate(
    ([event, target, file, mime, data]) => {
      const content = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([content], file, { type: mime }));
      const element = document.querySelector(target);
      if (event === 'paste')
        element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: dataTransfer, bubbles: true }));
      else {
        for (const type of ['dragenter', 'dragover', 'drop']) {
          element.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
        }
      }
    },
    [kind, selector, name, type, bytes.toString('base64')],
  );
}

/**
 * Compares the pixels of two image files. Resolves to the size, the number of different pixels and
 * the first row that has one.
 */
async function compare(page, type, ...files) {
  return page.evaluate(
    async ([mime, ...contents]) => {
      const decode = async (content) => {
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: mime }));
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        canvas.drawImage(bitmap, 0, 0);
        return canvas.getImageData(0, 0, bitmap.width, bitmap.height);
      };
      const [a, b] = await Promise.all(contents.map(decode));
      const [left, right] = [new Uint32Array(a.data.buffer), new Uint32Array(b.data.buffer)];
      let [different, first] = [0, -1];
      for (let i = 0; i < left.length; i++) {
        if (left[i] === right[i]) continue;
        if (different++ === 0) first = Math.floor(i / a.width);
      }
      return { size: [a.width, a.height], different, first };
    },
    [type, ...files.map((file) => file.toString('base64'))],
  );
}

test('a photo from a file is opened, fitted and downloaded at full size; only pixels near the glasses change', async ({
  demo,
}) => {
  const original = gradient(333, 417);
  await chooseFile(demo, '#photo-file', 'Myself.png', 'image/png', original);
  await demo.waitForSelector('main[data-photo^="own"][data-state="placed"]');
  expect(await demo.locator('.photo').getAttribute('aria-label')).toMatch(/Myself\.png/);
  await demo.click('#fit');
  await fitted(demo);
  const saved = await download(demo, '#png');
  expect(saved.name).toMatch(/^myself-.+\.png$/);
  expect(pngSize(saved.bytes)).toEqual([333, 417]);
  const { different, first } = await compare(demo, 'image/png', original, saved.bytes);
  expect(different, 'the glasses are in the image').toBeGreaterThan(100);
  expect(different, 'nothing changes far from the glasses').toBeLessThan((333 * 417) / 2);
  expect(first, 'nothing changes far from the glasses').toBeGreaterThan(20);
});

test('without a fit, the glasses are downloaded as placed', async ({ demo }) => {
  await demo.click('#reset');
  await placed(demo);
  const { width, height } = await firstPortrait(demo);
  const saved = await download(demo, '#png');
  expect(pngSize(saved.bytes)).toEqual([width, height]);
});

test('the result is downloaded as JPEG', async ({ demo }) => {
  const { width, height } = await firstPortrait(demo);
  const saved = await download(demo, '#jpeg');
  expect(saved.name).toMatch(/\.jpg$/);
  expect([...saved.bytes.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
  const { size } = await compare(demo, 'image/jpeg', saved.bytes, saved.bytes);
  expect(size).toEqual([width, height]);
});

test('the user’s own glasses are added to the list and fitted', async ({ demo }) => {
  await chooseFile(demo, '#glasses-file', 'mine.png', 'image/png', glasses());
  await demo.waitForSelector('main[data-glasses^="own"][data-state="fitted"][data-exact="true"]');
  expect(await demo.locator('#glasses-list li:first-child button').textContent()).toBe('mine.png');
  expect(await noticeVisible(demo)).toBe(false);
  const { box } = await state(demo);
  expect(box.width).toBeGreaterThan(580);
  expect(box.width).toBeLessThanOrEqual(600);
});

test('images can be dropped and pasted as photo or glasses', async ({ demo }) => {
  const size = demo.locator('#size');
  await transfer(demo, 'drop', '[data-drop="foreground"]', 'dropped glasses.png', 'image/png', glasses(400, 150));
  await demo.waitForSelector('main[data-glasses^="own"][data-state="fitted"]');
  await transfer(demo, 'drop', '.viewer', 'dropped.png', 'image/png', gradient(90, 120));
  await expect(size).toHaveText('90 × 120');
  await transfer(demo, 'paste', 'body', 'pasted.png', 'image/png', gradient(140, 100));
  await expect(demo.locator('#pasted-image')).toBeVisible();
  await demo.click('#paste-photo');
  await expect(size).toHaveText('140 × 100');
  const { glasses: dropped } = await state(demo);
  await transfer(demo, 'paste', 'body', 'image.png', 'image/png', glasses(500, 190));
  await demo.click('#paste-glasses');
  await demo.waitForFunction((old) => document.querySelector('main').dataset.glasses !== old, dropped);
  await expect(demo.locator('#glasses-list li:first-child button')).toHaveText('Pasted image');
  expect(await demo.locator('#drop').isVisible()).toBe(false);
});

test('the glasses are at the same position on screen and in the file', async ({ demo }) => {
  const { homography: h, box } = await state(demo);
  const corners = [0, 1].flatMap((i) => [0, 1].map((j) => [box.x + i * box.width, box.y + j * box.height]));
  const points = [];
  for (const [u, v] of corners) {
    const w = h[6] * u + h[7] * v + h[8];
    points.push(await windowPoint(demo, (h[0] * u + h[1] * v + h[2]) / w, (h[3] * u + h[4] * v + h[5]) / w));
  }
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const overlay = await demo.locator('.overlay').boundingBox();
  const actual = [overlay.x, overlay.y, overlay.x + overlay.width, overlay.y + overlay.height];
  const expected = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  for (const i of [0, 1, 2, 3])
    expect(Math.abs(actual[i] - expected[i]), `${actual}, expected ${expected}`).toBeLessThan(3);
});
