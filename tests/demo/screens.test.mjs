import { expect, test } from './fixtures.mjs';
import { overflow, placed, smallTargets, state, windowPoint } from './site.mjs';

test.describe('on a small phone', () => {
  test.use({ viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true });

  test('nothing is wider than the screen, and touch targets are large enough', async ({ demo }) => {
    await demo.click('.technical summary');
    expect(await overflow(demo)).toBeLessThanOrEqual(0);
    expect(await smallTargets(demo, 'button, summary, .handle')).toEqual([]);
    await demo.click('#all-glasses');
    await demo.waitForSelector('#all-dialog[data-done="true"]');
    expect(await overflow(demo)).toBeLessThanOrEqual(0);
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });

  test('two fingers move, scale and turn the glasses', async ({ demo }) => {
    await demo.click('#reset');
    await placed(demo);
    await demo.locator('.viewer').scrollIntoViewIfNeeded();
    const { placement } = await state(demo);
    const { x, y } = await windowPoint(demo, placement.x, placement.y);
    const touch = await demo.context().newCDPSession(demo);
    const send = (type, ...points) =>
      touch.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: points.map(([px, py], id) => ({ x: px, y: py, id })),
      });
    await send('touchStart', [x - 40, y]);
    await send('touchStart', [x - 40, y], [x + 40, y]);
    await send('touchMove', [x - 40, y], [x + 60, y]);
    await send('touchMove', [x - 40, y], [x + 80, y]);
    await send('touchEnd');
    const { placement: pinched } = await state(demo);
    expect(Math.abs(pinched.width / placement.width - 1.5)).toBeLessThan(0.03);
    expect(Math.abs(pinched.rotation - placement.rotation)).toBeLessThan(0.5);
    expect(await demo.evaluate(() => scrollX)).toBe(0);
  });
});

for (const colorScheme of ['light', 'dark']) {
  test.describe(`on a ${colorScheme} system`, () => {
    test.use({ colorScheme });

    test(`the page is ${colorScheme}`, async ({ page }) => {
      await page.goto('./');
      const { background, text } = await page.evaluate(() => {
        const channels = (colour) =>
          colour
            .match(/[\d.]+/g)
            .slice(0, 3)
            .map(Number);
        const sum = (colour) => channels(colour).reduce((a, b) => a + b);
        const style = getComputedStyle(document.body);
        return { background: sum(style.backgroundColor), text: sum(style.color) };
      });
      const [bright, dark] = colorScheme === 'light' ? [background, text] : [text, background];
      expect(bright).toBeGreaterThan(dark + 300);
    });
  });
}

test.describe('with reduced motion', () => {
  test.use({ reducedMotion: 'reduce' });

  test('the glasses are moved without animation', async ({ demo }) => {
    await demo.click('#reset');
    await placed(demo);
    const moves = demo.evaluate(
      () =>
        new Promise((resolve) => {
          const preview = document.querySelector('.preview');
          const seen = new Set();
          new MutationObserver(() => seen.add(preview.style.transform)).observe(preview, {
            attributeFilter: ['style'],
          });
          new MutationObserver(() => {
            if (document.querySelector('main[data-state="fitted"][data-exact="true"]')) resolve(seen.size);
          }).observe(document.querySelector('main'), { attributes: true });
        }),
    );
    await demo.click('#fit');
    expect(await moves).toBeLessThanOrEqual(2);
  });
});

test('every control has an accessible name, and the Tab key reaches the viewer', async ({ demo }) => {
  const nameless = await demo.evaluate(() =>
    [...document.querySelectorAll('button, input:not([type=file]), [role], [tabindex]')]
      .filter((element) => {
        const labels =
          'labels' in element && element.labels ? [...element.labels].map((label) => label.textContent) : [];
        const by = (element.getAttribute('aria-labelledby') ?? '')
          .split(' ')
          .map((id) => document.getElementById(id)?.textContent ?? '');
        return ![element.getAttribute('aria-label'), element.textContent, ...labels, ...by].some((name) =>
          name?.trim(),
        );
      })
      .map((element) => element.outerHTML.slice(0, 80))
      // Status and alert are empty until there is a message.
      .filter((html) => !/role="(status|alert)"/.test(html)),
  );
  expect(nameless).toEqual([]);
  await demo.keyboard.press('Tab');
  expect(await demo.evaluate(() => document.activeElement.textContent)).toMatch(/skip/i);
  await demo.keyboard.press('Enter');
  expect(await demo.evaluate(() => document.activeElement.id)).toBe('viewer');
  expect(await demo.locator('#viewer').getAttribute('aria-describedby')).toMatch(/keys/);
});
