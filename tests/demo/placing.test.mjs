import assert from 'node:assert/strict';
import test, { after, afterEach, before, beforeEach } from 'node:test';
import { eyeError, firstPortrait, fitted, placed, start, state, windowPoint } from './site.mjs';

let demo;
let page;
before(async () => (demo = await start()));
after(() => demo?.close());
beforeEach(async () => {
  page = await demo.open();
  await fitted(page);
  await page.click('#reset');
  await placed(page);
});
afterEach(async () => {
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

async function drag(from, to) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2);
  await page.mouse.move(to.x, to.y);
  await page.mouse.up();
}

test('the mouse drags the frame, and Fit brings it to the eyes from there', async () => {
  const { eyes } = await firstPortrait(page);
  const { placement } = await state(page);
  const middle = [(eyes[0][0] + eyes[1][0]) / 2, (eyes[0][1] + eyes[1][1]) / 2];
  const distance = Math.hypot(eyes[1][0] - eyes[0][0], eyes[1][1] - eyes[0][1]);
  const aim = [middle[0] - 0.12 * distance, middle[1] + 0.1 * distance];
  await drag(await windowPoint(page, placement.x, placement.y), await windowPoint(page, ...aim));
  const dragged = await state(page);
  assert.equal(dragged.state, 'placed');
  assert.ok(Math.hypot(dragged.placement.x - aim[0], dragged.placement.y - aim[1]) < 0.03 * distance);
  const begin = eyeError(dragged, eyes);
  await page.click('#fit');
  await fitted(page);
  const end = eyeError(await state(page), eyes);
  assert.ok(end < begin, `${begin} to ${end}`);
  assert.ok(end < 0.12, `${end}`);
});

test('a fit that finds no face says so in words, until the frame is moved', async () => {
  const { eyes } = await firstPortrait(page);
  const { placement } = await state(page);
  const notice = page.getByRole('alert');
  const distance = Math.hypot(eyes[1][0] - eyes[0][0], eyes[1][1] - eyes[0][1]);
  // A corner of the picture, with nothing but background.
  await drag(
    await windowPoint(page, placement.x, placement.y),
    await windowPoint(page, 0.5 * distance, 0.5 * distance),
  );
  await page.click('#fit');
  await fitted(page);
  await notice.filter({ hasText: /may not sit where it should.*Drag the frame onto the eyes/ }).waitFor();
  await page.click('#reset');
  await placed(page);
  assert.equal(await notice.isVisible(), false);
  await page.click('#fit');
  await fitted(page);
  assert.equal(await notice.isVisible(), false, 'there is a face');
});

test('the wheel over the frame scales it, with Shift it turns it', async () => {
  const { placement } = await state(page);
  const { x, y } = await windowPoint(page, placement.x, placement.y);
  await page.mouse.move(x, y);
  await page.mouse.wheel(0, -100);
  await page.waitForFunction(
    (width) => JSON.parse(document.querySelector('main').dataset.placement).width > width,
    placement.width,
  );
  await page.keyboard.down('Shift');
  await page.mouse.wheel(0, 100);
  await page.waitForFunction(
    (rotation) => JSON.parse(document.querySelector('main').dataset.placement).rotation !== rotation,
    placement.rotation,
  );
});

test('the handle turns and scales about the middle of the frame', async () => {
  const { placement } = await state(page);
  const centre = await windowPoint(page, placement.x, placement.y);
  const box = await page.locator('.handle').boundingBox();
  const from = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  // A quarter turn clockwise, at one and a half times the distance.
  const [dx, dy] = [from.x - centre.x, from.y - centre.y];
  await drag(from, { x: centre.x - 1.5 * dy, y: centre.y + 1.5 * dx });
  const { placement: turned } = await state(page);
  const turn = ((turned.rotation - placement.rotation + 540) % 360) - 180;
  assert.ok(Math.abs(turn - 90) < 3, `${turn}`);
  assert.ok(Math.abs(turned.width / placement.width - 1.5) < 0.05, `${turned.width / placement.width}`);
  assert.ok(Math.hypot(turned.x - placement.x, turned.y - placement.y) < 1e-6);
});

test('the keyboard places and fits', async () => {
  const { placement } = await state(page);
  await page.focus('#stage');
  for (const key of ['ArrowLeft', 'Shift+ArrowUp', '+', ']', ']']) await page.keyboard.press(key);
  const { placement: moved } = await state(page);
  assert.ok(moved.x < placement.x && moved.y < placement.y);
  assert.ok(moved.width > placement.width);
  assert.ok(Math.abs(moved.rotation - placement.rotation - 2) < 1e-9);
  assert.match(await page.locator('.status').textContent(), /across.*down.*wide.*turned/);
  await page.keyboard.press('Enter');
  await fitted(page);
  await page.keyboard.press('Home');
  await placed(page);
  assert.deepEqual((await state(page)).placement, placement);
});

test('a fitted frame can be taken hold of again where it is seen', async () => {
  await page.click('#fit');
  await fitted(page);
  const before = await state(page);
  await page.focus('#stage');
  await page.keyboard.press('ArrowRight');
  const after = await state(page);
  assert.equal(after.state, 'placed');
  const middle = ({ homography: h, box }) => {
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const w = h[6] * x + h[7] * y + h[8];
    return [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w];
  };
  const [a, b] = [middle(before), middle(after)];
  assert.ok(b[0] > a[0] && b[0] - a[0] < 20 && Math.abs(b[1] - a[1]) < 1e-6, `${a} to ${b}`);
});
