import assert from 'node:assert/strict';
import test, { after, afterEach, before, beforeEach } from 'node:test';
import { png } from './png.mjs';
import { eyeError, fitted, gallery, start, state } from './site.mjs';

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

const give = (name, mimeType, buffer) => page.setInputFiles('#photo-file', { name, mimeType, buffer });
const own = (words) => page.waitForSelector(`main[data-photo^="own"]${words}`);

/** A picture of the gallery's portraits side by side, each of another size; where the eyes of each are on it. */
async function group(...ids) {
  const { portraits } = await gallery(page);
  const people = ids.map((id) => portraits.find((portrait) => portrait.id === id));
  const scales = people.map((_, i) => 0.5 - 0.12 * i);
  const lefts = people.map((_, i) =>
    people.slice(0, i).reduce((sum, { width }, k) => sum + Math.round(width * scales[k]), 0),
  );
  const bytes = await page.evaluate(
    async ([all, sizes, places]) => {
      const canvas = new OffscreenCanvas(
        places.at(-1) + Math.round(all.at(-1).width * sizes.at(-1)),
        Math.round(all[0].height * sizes[0]),
      );
      const drawing = canvas.getContext('2d');
      drawing.fillStyle = '#8a9098';
      drawing.fillRect(0, 0, canvas.width, canvas.height);
      for (const [i, { file, width, height }] of all.entries()) {
        const picture = await createImageBitmap(await (await fetch(`gallery/${file}`)).blob());
        drawing.drawImage(picture, places[i], 0, width * sizes[i], height * sizes[i]);
      }
      const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
      return Array.from(new Uint8Array(await blob.arrayBuffer()));
    },
    [people, scales, lefts],
  );
  const eyes = people.map(({ eyes: both }, i) => both.map(([x, y]) => [lefts[i] + x * scales[i], y * scales[i]]));
  return { file: Buffer.from(bytes), eyes };
}

test('a photo with a face gets the frame on the eyes, without a hand', async (t) => {
  for (const id of ['kofi', 'helen']) {
    const { file, eyes } = await group(id);
    await give(`${id}.jpg`, 'image/jpeg', file);
    await page.waitForFunction((name) => document.querySelector('.photo').ariaLabel.includes(name), id);
    await own('[data-state="fitted"][data-exact="true"]');
    const error = eyeError(await state(page), eyes[0]);
    t.diagnostic(`${id}: ${error.toFixed(3)} eye distances off`);
    assert.ok(error < 0.12, `${id}: ${error}`);
    assert.equal(await page.locator('.notice').isVisible(), false);
  }
});

test('a photo without a face asks for a drag, and Fit works as ever', async () => {
  await give(
    'wall.png',
    'image/png',
    png(240, 300, (x, y) => [120 + ((x * 3) & 15), 130, 140 + ((y * 5) & 15), 255]),
  );
  await page
    .getByRole('alert')
    .filter({ hasText: /No face was found.*Drag the frame/ })
    .waitFor();
  await own('[data-state="placed"]');
  assert.equal(await page.locator('.face-mark').count(), 0);
  await page.click('#fit');
  await own('[data-state="fitted"]');
});

test('in a group the frame goes to whoever is pressed', async () => {
  const { file, eyes } = await group('mateo', 'mei');
  await give('both.jpg', 'image/jpeg', file);
  await own('[data-faces="2"][data-state="fitted"][data-exact="true"]');
  const nearest = (now) => eyes.map((pair) => eyeError(now, pair));
  const [a, b] = nearest(await state(page));
  const at = a < b ? 0 : 1;
  assert.ok(Math.min(a, b) < 0.12, `${a}, ${b}`);
  const marks = page.locator('.face-mark:visible');
  assert.equal(await marks.count(), 1, 'where the frame is, there is nothing to press');
  await marks.click();
  await page.waitForFunction(() => document.querySelector('main').dataset.state !== 'fitted');
  await own('[data-state="fitted"][data-exact="true"]');
  const error = nearest(await state(page))[1 - at];
  assert.ok(error < 0.12, `${error}`);
});
