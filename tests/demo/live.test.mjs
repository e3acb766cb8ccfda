import { test as base, expect } from './fixtures.mjs';
import { pngSize } from './images.mjs';
import { live, startCamera } from './live.mjs';
import { chooseFile, download, fitted, lensBrightness, notice, overflow, smallTargets, state } from './site.mjs';

const SIZE = [480, 360];

/** For each camera track that the page has opened, whether it is still live. */
const cameras = (page) =>
  page.evaluate(() =>
    window.streams.flatMap((stream) => stream.getTracks().map(({ readyState }) => readyState === 'live')),
  );

const test = base.extend({
  /** The live view with a face found. */
  view: async ({ page }, use) => {
    await page.addInitScript(() => {
      window.streams = [];
      const open = MediaDevices.prototype.getUserMedia;
      MediaDevices.prototype.getUserMedia = async function (...constraints) {
        const stream = await open.apply(this, constraints);
        window.streams.push(stream);
        return stream;
      };
    });
    await page.goto('./');
    await fitted(page);
    await page.getByRole('tab', { name: 'Live' }).click();
    await live(page, 'off');
    await startCamera(page);
    await live(page, 'found');
    await use(page);
  },
});

test.describe('with a camera', () => {
  test.use({ permissions: ['camera'] });

  test('the face is found, tracked, lost and found again', async ({ view }) => {
    const { box } = await state(view);
    /**
     * Waits until the glasses are on a face, away from `from`. Resolves to the x coordinate of
     * their centre.
     */
    const centre = async (from) => {
      const found = await view.waitForFunction(
        ([other, { x, y, width, height }]) => {
          const { live, liveHomography } = document.querySelector('main').dataset;
          if (live !== 'found' || !liveHomography) return null;
          const h = JSON.parse(liveHomography);
          const [u, v] = [x + width / 2, y + height / 2];
          const at = (h[0] * u + h[1] * v + h[2]) / (h[6] * u + h[7] * v + h[8]);
          return Math.abs(at - other) > 20 ? { at } : null;
        },
        [from, box],
      );
      return (await found.jsonValue()).at;
    };
    await centre(await centre(Number.NEGATIVE_INFINITY));
    await view.waitForSelector('main[data-live="searching"][data-live-homography=""]');
    await live(view, 'found');
  });

  test('a photo is taken and downloaded with the current glasses on the face', async ({ view }) => {
    const take = async () => {
      await view.getByRole('button', { name: 'Take a photo' }).click();
      await live(view, 'frozen');
      if (!(await state(view)).liveHomography) {
        // There was no face in this video frame.
        await view.getByRole('button', { name: 'Back to live' }).click();
        await live(view, 'found');
        return take();
      }
      return { ...(await download(view, '#png')), state: await state(view) };
    };
    /**
     * Chooses glasses. Their lenses differ in colour, so the pixels there show which ones were
     * drawn.
     */
    const choose = async (name) => {
      const { glasses } = await state(view);
      await view.locator('#glasses-list').getByRole('button', { name }).click();
      await view.waitForFunction((old) => document.querySelector('main').dataset.glasses !== old, glasses);
      await live(view, 'found');
    };
    await choose('Noon');
    const dark = await take();
    expect(pngSize(dark.bytes)).toEqual(SIZE);
    expect(dark.name).toBe('live-noon.png');
    await view.getByRole('button', { name: 'Back to live' }).click();
    await live(view, 'found');
    await choose('Skipper');
    const clear = await take();
    const behindClear = await lensBrightness(view, clear);
    expect(await lensBrightness(view, dark), 'behind dark lenses').toBeLessThan(0.75 * behindClear);
  });

  test('the camera is switched off by the other tab and by the button', async ({ view }) => {
    expect(await cameras(view)).toEqual([true]);
    await view.getByRole('tab', { name: 'Photo' }).click();
    await live(view, 'off');
    expect(await cameras(view)).toEqual([false]);
    expect(await view.locator('#viewer').isVisible()).toBe(true);
    expect((await state(view)).state, 'the photo is unchanged').toBe('fitted');
    await startCamera(view);
    await live(view, 'found');
    expect(await cameras(view)).toEqual([false, true]);
    await view.getByRole('button', { name: 'Stop' }).click();
    await live(view, 'off');
    expect(await cameras(view)).toEqual([false, false]);
  });

  test('tracking pauses while the page is hidden', async ({ view }) => {
    const hide = (hidden) =>
      view.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { get: () => value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await hide(true);
    await live(view, 'paused');
    await hide(false);
    await live(view, 'found');
  });

  test('glasses chosen in the live view are fitted to the photo after the return to its tab', async ({ view }) => {
    const { glasses } = await state(view);
    await view.locator('#glasses-list').getByRole('button', { name: 'Harbour' }).click();
    await view.waitForFunction((old) => document.querySelector('main').dataset.glasses !== old, glasses);
    await live(view, 'found');
    await view.getByRole('tab', { name: 'Photo' }).click();
    await fitted(view);
    expect((await state(view)).glasses).not.toBe(glasses);
  });

  test('the view is mirrored, and mirroring can be switched off', async ({ view }) => {
    const scale = () => view.locator('#live-canvas').evaluate((canvas) => getComputedStyle(canvas).scale);
    expect(await scale()).toBe('-1 1');
    await view.getByRole('button', { name: 'Mirror' }).click();
    expect(await scale()).toBe('none');
    expect(await view.getByRole('button', { name: 'Mirror' }).getAttribute('aria-pressed')).toBe('false');
  });

  test('a photo added meanwhile is shown, and the camera is switched off', async ({ view }) => {
    const bytes = await view.evaluate(async () =>
      Array.from(new Uint8Array(await (await fetch('gallery/portraits/helen.jpg')).arrayBuffer())),
    );
    await chooseFile(view, '#photo-file', 'me.jpg', 'image/jpeg', Buffer.from(bytes));
    await view.waitForSelector('main[data-mode="photo"][data-photo^="own"]');
    await live(view, 'off');
    expect(await cameras(view)).toEqual([false]);
  });

  test('on a phone nothing is wider than the screen, and touch targets are large enough', async ({ view }) => {
    await view.setViewportSize({ width: 360, height: 640 });
    expect(await overflow(view)).toBeLessThanOrEqual(0);
    expect(await smallTargets(view, 'button')).toEqual([]);
  });
});

test.describe('without camera permission', () => {
  test.use({ permissions: [] });

  test('the page explains how to allow the camera', async ({ demo }) => {
    await startCamera(demo);
    await notice(demo, /Camera access is blocked.*settings.*never leave/);
    await live(demo, 'off');
    await demo.getByRole('tab', { name: 'Photo' }).click();
    expect(await demo.locator('#viewer').isVisible()).toBe(true);
  });
});

test('all faces can get glasses', async ({ page }) => {
  await page.addInitScript(() => {
    // A camera that shows two portraits of the gallery.
    MediaDevices.prototype.getUserMedia = async () => {
      const { portraits } = await (await fetch('gallery/gallery.json')).json();
      const people = await Promise.all(
        portraits.slice(0, 2).map(async ({ file }) => createImageBitmap(await (await fetch(`gallery/${file}`)).blob())),
      );
      const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
      const drawing = canvas.getContext('2d');
      let turn = 0;
      const draw = () => {
        drawing.fillStyle = turn++ % 2 ? '#8a9098' : '#8b9098';
        drawing.fillRect(0, 0, 640, 360);
        for (const [i, person] of people.entries())
          drawing.drawImage(person, 40 + 300 * i, 10, 260, (260 * person.height) / person.width);
      };
      draw();
      setInterval(draw, 50);
      return canvas.captureStream();
    };
  });
  await page.goto('./');
  await fitted(page);
  await startCamera(page);
  const statusShows = (text) => page.getByRole('status').filter({ hasText: text }).waitFor();
  await statusShows('1 face found.');
  await page.getByRole('button', { name: 'All faces' }).click();
  await statusShows('2 faces found.');
  await page.getByRole('button', { name: 'All faces' }).click();
  await statusShows('1 face found.');
});
