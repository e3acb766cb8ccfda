import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fitted, placed, start, state, windowPoint } from './site.mjs';

let demo;
before(async () => (demo = await start()));
after(() => demo?.close());

const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test('on a phone nothing is wider than the screen, and all there is to touch is large enough', async () => {
  const page = await demo.open({ viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true });
  await fitted(page);
  await page.click('.curious summary');
  assert.ok((await overflow(page)) <= 0);
  // Where something lies at a fraction of a pixel, its 44 pixels come out as 43.99998.
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, summary, .handle')]
      .map((element) => ({ name: element.id || element.className, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && Math.round(Math.min(box.width, box.height) * 100) < 4400)
      .map(({ name, box }) => `${name}: ${box.width} × ${box.height}`),
  );
  assert.deepEqual(small, []);
  await page.click('#all-frames');
  await page.waitForSelector('#all-dialog[data-done="true"]');
  assert.ok((await overflow(page)) <= 0);
});

test('two fingers move, scale and turn the frame', async () => {
  const page = await demo.open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await fitted(page);
  await page.click('#reset');
  await placed(page);
  await page.locator('.stage').scrollIntoViewIfNeeded();
  const { placement } = await state(page);
  const { x, y } = await windowPoint(page, placement.x, placement.y);
  const touch = await page.context().newCDPSession(page);
  const send = (type, ...points) =>
    touch.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([px, py], id) => ({ x: px, y: py, id })) });
  await send('touchStart', [x - 40, y]);
  await send('touchStart', [x - 40, y], [x + 40, y]);
  await send('touchMove', [x - 40, y], [x + 60, y]);
  await send('touchMove', [x - 40, y], [x + 80, y]);
  await send('touchEnd');
  const { placement: pinched } = await state(page);
  assert.ok(Math.abs(pinched.width / placement.width - 1.5) < 0.03, `${pinched.width / placement.width}`);
  assert.ok(Math.abs(pinched.rotation - placement.rotation) < 0.5);
  assert.equal(await page.evaluate(() => scrollX), 0);
});

test('dark where the system is dark', async () => {
  const light = await demo.open({ colorScheme: 'light' });
  const dark = await demo.open({ colorScheme: 'dark' });
  const brightness = (page) =>
    page.evaluate(() => {
      const numbers = (colour) =>
        colour
          .match(/[\d.]+/g)
          .slice(0, 3)
          .map(Number);
      const sum = (colour) => numbers(colour).reduce((a, b) => a + b);
      const style = getComputedStyle(document.body);
      return { ground: sum(style.backgroundColor), ink: sum(style.color) };
    });
  const [day, night] = [await brightness(light), await brightness(dark)];
  assert.ok(day.ground > day.ink + 300, JSON.stringify(day));
  assert.ok(night.ink > night.ground + 300, JSON.stringify(night));
});

test('where less motion is wanted, the frame is moved in one go', async () => {
  const page = await demo.open({ reducedMotion: 'reduce' });
  await fitted(page);
  await page.click('#reset');
  await placed(page);
  const moves = page.evaluate(
    () =>
      new Promise((resolve) => {
        const preview = document.querySelector('.preview');
        const seen = new Set();
        new MutationObserver(() => seen.add(preview.style.transform)).observe(preview, { attributeFilter: ['style'] });
        new MutationObserver(() => {
          if (document.querySelector('main[data-state="fitted"][data-exact="true"]')) resolve(seen.size);
        }).observe(document.querySelector('main'), { attributes: true });
      }),
  );
  await page.click('#fit');
  assert.ok((await moves) <= 2);
});

test('everything that can be used has a name, and the tab key reaches the picture', async () => {
  const page = await demo.open();
  await fitted(page);
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll('button, input:not([type=file]), [role], [tabindex]')]
      .filter((element) => {
        const labels =
          'labels' in element && element.labels ? [...element.labels].map((label) => label.textContent) : [];
        const by = (element.getAttribute('aria-labelledby') ?? '')
          .split(' ')
          .map((id) => document.getElementById(id)?.textContent ?? '');
        return ![element.getAttribute('aria-label'), element.textContent, ...labels, ...by].some((words) =>
          words?.trim(),
        );
      })
      .map((element) => element.outerHTML.slice(0, 80))
      // News and alerts are empty until there are any.
      .filter((html) => !/role="(status|alert)"/.test(html)),
  );
  assert.deepEqual(nameless, []);
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate(() => document.activeElement.textContent), /skip/i);
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'stage');
  assert.match(await page.locator('#stage').getAttribute('aria-describedby'), /keys/);
});
