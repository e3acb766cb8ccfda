import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after, afterEach, before, beforeEach } from 'node:test';
import { glasses, png, pngSize } from './png.mjs';
import { firstPortrait, fitted, placed, start, state, windowPoint } from './site.mjs';

let demo;
let page;
before(async () => (demo = await start()));
after(() => demo?.close());
beforeEach(async () => {
  page = await demo.open();
  await fitted(page);
});
afterEach(async () => {
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

const gradient = (width, height) => png(width, height, (x, y) => [(x * 7) & 255, (y * 5) & 255, (x + y) & 255, 255]);

/** Gives the page a file as a drop or a paste would. */
async function transfer(kind, selector, name, type, bytes) {
  await page.evaluate(
    ([event, target, file, mime, data]) => {
      const content = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([content], file, { type: mime }));
      const element = document.querySelector(target);
      if (event === 'paste')
        element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: dataTransfer, bubbles: true }));
      else {
        for (const step of ['dragenter', 'dragover', 'drop']) {
          element.dispatchEvent(new DragEvent(step, { dataTransfer, bubbles: true, cancelable: true }));
        }
      }
    },
    [kind, selector, name, type, bytes.toString('base64')],
  );
}

/** Presses a download button. */
async function download(button) {
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  return { name: saved.suggestedFilename(), bytes: await readFile(await saved.path()) };
}

/** Compares two files' pixels in the browser: the size, how many pixels differ, and the first row in which any does. */
async function compare(type, ...files) {
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

test('a photo from a file is taken up, placed, fitted and downloaded at its own size, changed only where the frame is', async () => {
  const original = gradient(333, 417);
  await page.setInputFiles('#photo-file', { name: 'Myself.png', mimeType: 'image/png', buffer: original });
  await page.waitForSelector('main[data-photo^="own"][data-state="placed"]');
  assert.match(await page.locator('.photo').getAttribute('aria-label'), /Myself\.png/);
  await page.click('#fit');
  await fitted(page);
  const saved = await download('#png');
  assert.match(saved.name, /^myself-.+\.png$/);
  assert.deepEqual(pngSize(saved.bytes), [333, 417]);
  const { different, first } = await compare('image/png', original, saved.bytes);
  assert.ok(different > 100, 'the frame is in the picture');
  assert.ok(different < (333 * 417) / 2 && first > 20, 'far from the frame nothing changes');
});

test('a frame that is not fitted is downloaded as placed', async () => {
  await page.click('#reset');
  await placed(page);
  const { width, height } = await firstPortrait(page);
  const saved = await download('#png');
  assert.deepEqual(pngSize(saved.bytes), [width, height]);
});

test('JPEG too', async () => {
  const { width, height } = await firstPortrait(page);
  const saved = await download('#jpeg');
  assert.match(saved.name, /\.jpg$/);
  assert.deepEqual([...saved.bytes.subarray(0, 3)], [0xff, 0xd8, 0xff]);
  const { size } = await compare('image/jpeg', saved.bytes, saved.bytes);
  assert.deepEqual(size, [width, height]);
});

test('a frame of one’s own joins the strip and is fitted', async () => {
  await page.setInputFiles('#frame-file', { name: 'mine.png', mimeType: 'image/png', buffer: glasses() });
  await page.waitForSelector('main[data-frame^="own"][data-state="fitted"][data-exact="true"]');
  assert.equal(await page.locator('#frames li:first-child button').textContent(), 'mine.png');
  assert.equal(await page.locator('.notice').isVisible(), false);
  const { box } = await state(page);
  assert.ok(box.width > 580 && box.width <= 600, JSON.stringify(box));
});

test('pictures can be dropped as photo or as frame, and pasted as photo', async () => {
  await transfer('drop', '[data-drop="frame"]', 'dropped frame.png', 'image/png', glasses(400, 150));
  await page.waitForSelector('main[data-frame^="own"][data-state="fitted"]');
  await transfer('drop', '.stage', 'dropped.png', 'image/png', gradient(90, 120));
  await page.waitForFunction(() => document.querySelector('#size').textContent === '90 × 120');
  await transfer('paste', 'body', 'pasted.png', 'image/png', gradient(140, 100));
  await page.waitForFunction(() => document.querySelector('#size').textContent === '140 × 100');
  assert.equal(await page.locator('#drop').isVisible(), false);
});

test('the screen shows the frame where the file has it', async () => {
  const { homography: h, box } = await state(page);
  const corners = [0, 1].flatMap((i) => [0, 1].map((j) => [box.x + i * box.width, box.y + j * box.height]));
  const points = [];
  for (const [u, v] of corners) {
    const w = h[6] * u + h[7] * v + h[8];
    points.push(await windowPoint(page, (h[0] * u + h[1] * v + h[2]) / w, (h[3] * u + h[4] * v + h[5]) / w));
  }
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const patch = await page.locator('.patch').boundingBox();
  const seen = [patch.x, patch.y, patch.x + patch.width, patch.y + patch.height];
  const expected = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  for (const i of [0, 1, 2, 3]) assert.ok(Math.abs(seen[i] - expected[i]) < 3, `${seen} for ${expected}`);
});
