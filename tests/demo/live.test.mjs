import { test as base, expect } from './fixtures.mjs';
import { pngSize } from './images.mjs';
import { live, startCamera } from './live.mjs';
import { download, eyeDarkness, fitted, give, notice, overflow, smallTargets, state } from './site.mjs';

const SIZE = [480, 360];

/** Whether the cameras that the page has opened are still on, one by one. */
const cameras = (page) =>
  page.evaluate(() =>
    window.streams.flatMap((stream) => stream.getTracks().map(({ readyState }) => readyState === 'live')),
  );

const test = base.extend({
  /** The demo's live view, with a face found. */
  view: async ({ page }, use) => {
    await page.addInitScript(() => {
      window.streams = [];
      const open = MediaDevices.prototype.getUserMedia;
      MediaDevices.prototype.getUserMedia = async function (...wishes) {
        const stream = await open.apply(this, wishes);
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

  test('the face is found, followed, lost and found again', async ({ view }) => {
    const { box } = await state(view);
    /** Where the middle of the frame is, across, once a face wears it and it is away from `from`. */
    const middle = async (from) => {
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
    await middle(await middle(Number.NEGATIVE_INFINITY));
    await view.waitForSelector('main[data-live="searching"][data-live-homography=""]');
    await live(view, 'found');
  });

  test('a picture is taken and downloaded, with the frame of that moment where the face is', async ({ view }) => {
    const take = async () => {
      await view.getByRole('button', { name: 'Take a picture' }).click();
      await live(view, 'frozen');
      if (!(await state(view)).liveHomography) {
        // Just then nobody was there.
        await view.getByRole('button', { name: 'Back to live' }).click();
        await live(view, 'found');
        return take();
      }
      return { ...(await download(view, '#png')), state: await state(view) };
    };
    /** Frames have lenses of different colours: what the picture has where the lenses are says which is on, and where. */
    const wear = async (name) => {
      const { frame } = await state(view);
      await view.locator('#frames').getByRole('button', { name }).click();
      await view.waitForFunction((old) => document.querySelector('main').dataset.glasses !== old, frame);
      await live(view, 'found');
    };
    await wear('Noon');
    const dark = await take();
    expect(pngSize(dark.bytes)).toEqual(SIZE);
    expect(dark.name).toBe('live-noon.png');
    await view.getByRole('button', { name: 'Back to live' }).click();
    await live(view, 'found');
    await wear('Skipper');
    const clear = await take();
    const behindClear = await eyeDarkness(view, clear);
    expect(await eyeDarkness(view, dark), 'behind dark lenses').toBeLessThan(0.75 * behindClear);
  });

  test('the camera goes off with the tab, and with the button', async ({ view }) => {
    expect(await cameras(view)).toEqual([true]);
    await view.getByRole('tab', { name: 'Photo' }).click();
    await live(view, 'off');
    expect(await cameras(view)).toEqual([false]);
    expect(await view.locator('#viewer').isVisible()).toBe(true);
    expect((await state(view)).state, 'the photo is as it was left').toBe('fitted');
    await startCamera(view);
    await live(view, 'found');
    expect(await cameras(view)).toEqual([false, true]);
    await view.getByRole('button', { name: 'Stop' }).click();
    await live(view, 'off');
    expect(await cameras(view)).toEqual([false, false]);
  });

  test('a hidden page looks at nothing, and goes on when it is seen again', async ({ view }) => {
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

  test('a frame that is chosen for the live view is on the photo too, when that is seen again', async ({ view }) => {
    const { frame } = await state(view);
    await view.locator('#frames').getByRole('button', { name: 'Harbour' }).click();
    await view.waitForFunction((old) => document.querySelector('main').dataset.glasses !== old, frame);
    await live(view, 'found');
    await view.getByRole('tab', { name: 'Photo' }).click();
    await fitted(view);
    expect((await state(view)).frame).not.toBe(frame);
  });

  test('the view is a mirror, unless that is not wanted', async ({ view }) => {
    const scale = () => view.locator('#live-canvas').evaluate((canvas) => getComputedStyle(canvas).scale);
    expect(await scale()).toBe('-1 1');
    await view.getByRole('button', { name: 'Mirror' }).click();
    expect(await scale()).toBe('none');
    expect(await view.getByRole('button', { name: 'Mirror' }).getAttribute('aria-pressed')).toBe('false');
  });

  test('a photo that comes meanwhile is shown, and the camera goes off', async ({ view }) => {
    const bytes = await view.evaluate(async () =>
      Array.from(new Uint8Array(await (await fetch('gallery/portraits/helen.jpg')).arrayBuffer())),
    );
    await give(view, '#photo-file', 'me.jpg', 'image/jpeg', Buffer.from(bytes));
    await view.waitForSelector('main[data-mode="photo"][data-photo^="own"]');
    await live(view, 'off');
    expect(await cameras(view)).toEqual([false]);
  });

  test('on a phone nothing is wider than the screen, and all there is to touch is large enough', async ({ view }) => {
    await view.setViewportSize({ width: 360, height: 640 });
    expect(await overflow(view)).toBeLessThanOrEqual(0);
    expect(await smallTargets(view, 'button')).toEqual([]);
  });
});

test.describe('with a camera that is not allowed', () => {
  test.use({ permissions: [] });

  test('the page says so, and what to do', async ({ demo }) => {
    await startCamera(demo);
    await notice(demo, /not allowed.*settings.*never leave/);
    await live(demo, 'off');
    await demo.getByRole('tab', { name: 'Photo' }).click();
    expect(await demo.locator('#viewer').isVisible()).toBe(true);
  });
});

test('everyone gets a frame, if that is wanted', async ({ page }) => {
  await page.addInitScript(() => {
    // A camera before which two of the gallery's portraits stand.
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
  const says = (words) => page.getByRole('status').filter({ hasText: words }).waitFor();
  await says('Following one face.');
  await page.getByRole('button', { name: 'Everyone' }).click();
  await says('Following 2 faces.');
  await page.getByRole('button', { name: 'Everyone' }).click();
  await says('Following one face.');
});
