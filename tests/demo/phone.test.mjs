/** Touch gestures in the window of a phone. */
import { test as base, expect } from './fixtures.mjs';
import { fitted, state, windowPoint } from './site.mjs';

const test = base.extend({
  viewport: { width: 412, height: 700 },
  hasTouch: true,
  isMobile: true,

  /** Touches the page with these fingers, moves them in steps, and lifts them. */
  touch: async ({ demo }, use) => {
    const client = await demo.context().newCDPSession(demo);
    await use(async (from, to) => {
      const send = (type, points) =>
        client.send('Input.dispatchTouchEvent', { type, touchPoints: points.map((point, id) => ({ ...point, id })) });
      await send('touchStart', from);
      // The browser recognises a swipe from several steps.
      for (let share = 0.1; share <= 1; share += 0.1) {
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

test('a vertical swipe beside the glasses scrolls the page and leaves the fit alone', async ({ demo, touch }) => {
  const before = await state(demo);
  const { x, y, width } = before.placement;
  const from = await windowPoint(demo, x, y + width);
  await touch([from], [{ ...from, y: from.y - 120 }]);
  await expect.poll(() => scrolled(demo)).toBeGreaterThan(60);
  const after = await state(demo);
  expect(after.state).toBe('fitted');
  expect(after.homography).toEqual(before.homography);
});

test('a swipe on the glasses moves them and does not scroll the page', async ({ demo, touch }) => {
  const { placement } = await state(demo);
  const from = await windowPoint(demo, placement.x, placement.y);
  await touch([from], [{ ...from, y: from.y + 60 }]);
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
