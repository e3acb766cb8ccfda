/** Touch gestures in the window of a phone. */
import { test as base, expect } from './fixtures.mjs';
import { fitted, state, windowPoint } from './site.mjs';

const test = base.extend({
  viewport: { width: 412, height: 700 },
  hasTouch: true,
  isMobile: true,

  /** Swipes vertically by `distance` screen pixels, from a point of the photo. */
  swipe: async ({ demo }, use) => {
    const client = await demo.context().newCDPSession(demo);
    await use(async ({ x, y }, distance) => {
      const from = await windowPoint(demo, x, y);
      await client.send('Input.synthesizeScrollGesture', {
        ...from,
        yDistance: distance,
        gestureSourceType: 'touch',
        preventFling: true,
      });
    });
  },

  /** Touches the page with these fingers, moves them in steps, and lifts them. */
  touch: async ({ demo }, use) => {
    const client = await demo.context().newCDPSession(demo);
    await use(async (from, to) => {
      const send = (type, points) =>
        client.send('Input.dispatchTouchEvent', { type, touchPoints: points.map((point, id) => ({ ...point, id })) });
      await send('touchStart', from);
      for (const share of [0.25, 0.5, 0.75, 1]) {
        const between = (a, b) => a + (b - a) * share;
        await send(
          'touchMove',
          from.map(({ x, y }, i) => ({ x: between(x, to[i].x), y: between(y, to[i].y) })),
        );
      }
      await send('touchEnd', []);
    });
  },
});

const scrolled = (page) => page.evaluate(() => Math.round(window.scrollY));

test('a vertical swipe beside the glasses scrolls the page and leaves the fit alone', async ({ demo, swipe }) => {
  const before = await state(demo);
  const { x, y, width } = before.placement;
  await swipe({ x, y: y + width }, -120);
  expect(await scrolled(demo)).toBeGreaterThan(60);
  const after = await state(demo);
  expect(after.state).toBe('fitted');
  expect(after.homography).toEqual(before.homography);
});

test('a swipe on the glasses moves them and does not scroll the page', async ({ demo, swipe }) => {
  const { placement } = await state(demo);
  await swipe(placement, 60);
  await demo.waitForSelector('main[data-state="placed"]');
  expect((await state(demo)).placement.y).toBeGreaterThan(placement.y + 20);
  expect(await scrolled(demo)).toBe(0);
});

test('two fingers beside the glasses resize them', async ({ demo, touch }) => {
  const { placement } = await state(demo);
  const { x, y, width } = placement;
  const points = (distance) =>
    Promise.all([x - distance, x + distance].map((at) => windowPoint(demo, at, y + 0.9 * width)));
  await touch(await points(0.2 * width), await points(0.4 * width));
  await demo.waitForSelector('main[data-state="placed"]');
  expect((await state(demo)).placement.width).toBeGreaterThan(1.3 * width);
  expect(await scrolled(demo)).toBe(0);
  await demo.click('#fit');
  await fitted(demo);
});
