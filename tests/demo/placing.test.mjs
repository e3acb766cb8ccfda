import { test as base, expect } from './fixtures.mjs';
import { firstPortrait, fitted, landmarkError, notice, noticeVisible, placed, state, windowPoint } from './site.mjs';

const test = base.extend({
  /** The demo with the glasses as placed, without a fit. */
  demo: async ({ demo }, use) => {
    await demo.click('#reset');
    await placed(demo);
    await use(demo);
  },
});

async function drag({ mouse }, from, to) {
  await mouse.move(from.x, from.y);
  await mouse.down();
  await mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2);
  await mouse.move(to.x, to.y);
  await mouse.up();
}

test('the mouse drags the glasses, and Fit moves them to the pupils from there', async ({ demo }) => {
  const { pupils } = await firstPortrait(demo);
  const { placement } = await state(demo);
  const middle = [(pupils[0][0] + pupils[1][0]) / 2, (pupils[0][1] + pupils[1][1]) / 2];
  const distance = Math.hypot(pupils[1][0] - pupils[0][0], pupils[1][1] - pupils[0][1]);
  const aim = [middle[0] - 0.12 * distance, middle[1] + 0.1 * distance];
  await drag(demo, await windowPoint(demo, placement.x, placement.y), await windowPoint(demo, ...aim));
  const dragged = await state(demo);
  expect(dragged.state).toBe('placed');
  expect(Math.hypot(dragged.placement.x - aim[0], dragged.placement.y - aim[1])).toBeLessThan(0.03 * distance);
  const begin = landmarkError(dragged, pupils);
  await demo.click('#fit');
  await fitted(demo);
  const end = landmarkError(await state(demo), pupils);
  expect(end).toBeLessThan(begin);
  expect(end).toBeLessThan(0.12);
});

test('a fit with low confidence shows a hint until the glasses are moved', async ({ demo }) => {
  const { pupils } = await firstPortrait(demo);
  const { placement } = await state(demo);
  const distance = Math.hypot(pupils[1][0] - pupils[0][0], pupils[1][1] - pupils[0][1]);
  // The corner of the photo shows only background.
  const corner = await windowPoint(demo, 0.5 * distance, 0.5 * distance);
  await drag(demo, await windowPoint(demo, placement.x, placement.y), corner);
  await demo.click('#fit');
  await fitted(demo);
  await notice(demo, /may not be in the right place.*Drag them onto the eyes/);
  await demo.click('#reset');
  await placed(demo);
  expect(await noticeVisible(demo)).toBe(false);
  await demo.click('#fit');
  await fitted(demo);
  expect(await noticeVisible(demo), 'no hint on a face').toBe(false);
});

test('the wheel scales the glasses; with Shift it turns them', async ({ demo }) => {
  const { placement } = await state(demo);
  const { x, y } = await windowPoint(demo, placement.x, placement.y);
  await demo.mouse.move(x, y);
  await demo.mouse.wheel(0, -100);
  await demo.waitForFunction(
    (width) => JSON.parse(document.querySelector('main').dataset.placement).width > width,
    placement.width,
  );
  await demo.keyboard.down('Shift');
  await demo.mouse.wheel(0, 100);
  await demo.waitForFunction(
    (rotation) => JSON.parse(document.querySelector('main').dataset.placement).rotation !== rotation,
    placement.rotation,
  );
});

test('the handle turns and scales the glasses about their centre', async ({ demo }) => {
  const { placement } = await state(demo);
  const centre = await windowPoint(demo, placement.x, placement.y);
  const box = await demo.locator('.handle').boundingBox();
  const from = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  // A quarter turn clockwise, at one and a half times the distance.
  const [dx, dy] = [from.x - centre.x, from.y - centre.y];
  await drag(demo, from, { x: centre.x - 1.5 * dy, y: centre.y + 1.5 * dx });
  const { placement: turned } = await state(demo);
  const turn = ((turned.rotation - placement.rotation + 540) % 360) - 180;
  expect(Math.abs(turn - 90), `${turn}`).toBeLessThan(3);
  expect(Math.abs(turned.width / placement.width - 1.5)).toBeLessThan(0.05);
  expect(Math.hypot(turned.x - placement.x, turned.y - placement.y)).toBeLessThan(1e-6);
});

test('the keyboard places, fits and resets the glasses', async ({ demo }) => {
  const { placement } = await state(demo);
  await demo.focus('#viewer');
  for (const key of ['ArrowLeft', 'Shift+ArrowUp', '+', ']', ']']) await demo.keyboard.press(key);
  const { placement: moved } = await state(demo);
  expect(moved.x).toBeLessThan(placement.x);
  expect(moved.y).toBeLessThan(placement.y);
  expect(moved.width).toBeGreaterThan(placement.width);
  expect(Math.abs(moved.rotation - placement.rotation - 2)).toBeLessThan(1e-9);
  expect(await demo.locator('.status').textContent()).toMatch(/from the left.*from the top.*wide.*turned/);
  await demo.keyboard.press('Enter');
  await fitted(demo);
  await demo.keyboard.press('Home');
  await placed(demo);
  expect((await state(demo)).placement).toEqual(placement);
});

test('fitted glasses can be moved on from where they are', async ({ demo }) => {
  await demo.click('#fit');
  await fitted(demo);
  const before = await state(demo);
  await demo.focus('#viewer');
  await demo.keyboard.press('ArrowRight');
  const after = await state(demo);
  expect(after.state).toBe('placed');
  const middle = ({ homography: h, box }) => {
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const w = h[6] * x + h[7] * y + h[8];
    return [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w];
  };
  const [a, b] = [middle(before), middle(after)];
  expect(b[0]).toBeGreaterThan(a[0]);
  expect(b[0] - a[0]).toBeLessThan(20);
  expect(Math.abs(b[1] - a[1])).toBeLessThan(1e-6);
});
