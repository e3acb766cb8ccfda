import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after, afterEach, before, beforeEach, describe } from 'node:test';
import { camera } from '../camera.mjs';
import { pngSize } from './png.mjs';
import { eyeDarkness, fitted, start, state } from './site.mjs';

const SIZE = [480, 360];
const live = (page, ...phases) => page.waitForSelector(phases.map((phase) => `main[data-live="${phase}"]`).join());

/** Whether the cameras that the page has opened are still on, one by one. */
const cameras = (page) =>
  page.evaluate(() =>
    window.streams.flatMap((stream) => stream.getTracks().map(({ readyState }) => readyState === 'live')),
  );

/** Remembers the streams that the page opens. */
const watch = (context) =>
  context.addInitScript(() => {
    window.streams = [];
    const open = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = async function (...wishes) {
      const stream = await open.apply(this, wishes);
      window.streams.push(stream);
      return stream;
    };
  });

describe('with a camera', () => {
  let demo;
  let page;
  before(async () => (demo = await start(...camera())));
  after(() => demo?.close());
  beforeEach(async () => {
    page = await demo.open({ prepare: watch });
    await fitted(page);
    await page.getByRole('tab', { name: 'Live' }).click();
    await live(page, 'off');
    await page.getByRole('button', { name: 'Start the camera' }).click();
    await live(page, 'found');
  });
  afterEach(async () => {
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });

  test('the face is found, followed, lost and found again', async () => {
    const middle = ({ liveHomography, box }) => {
      const h = JSON.parse(liveHomography);
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      return (h[0] * x + h[1] * y + h[2]) / (h[6] * x + h[7] * y + h[8]);
    };
    const first = middle(await state(page));
    await page.waitForFunction(
      ([from, box]) => {
        const { live, liveHomography } = document.querySelector('main').dataset;
        if (live !== 'found' || !liveHomography) return false;
        const h = JSON.parse(liveHomography);
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        return Math.abs((h[0] * x + h[1] * y + h[2]) / (h[6] * x + h[7] * y + h[8]) - from) > 20;
      },
      [first, (await state(page)).box],
    );
    await live(page, 'searching');
    assert.equal((await state(page)).liveHomography, '');
    await live(page, 'found');
  });

  test('a picture is taken and downloaded, with the frame of that moment where the face is', async () => {
    const take = async () => {
      await page.getByRole('button', { name: 'Take a picture' }).click();
      await live(page, 'frozen');
      if (!(await state(page)).liveHomography) {
        // Just then nobody was there.
        await page.getByRole('button', { name: 'Back to live' }).click();
        await live(page, 'found');
        return take();
      }
      const [saved] = await Promise.all([page.waitForEvent('download'), page.click('#png')]);
      return { name: saved.suggestedFilename(), bytes: await readFile(await saved.path()), state: await state(page) };
    };
    /** Frames have lenses of different colours: what the picture has where the lenses are says which is on, and where. */
    const wear = async (name) => {
      const { frame } = await state(page);
      await page.locator('#frames').getByRole('button', { name }).click();
      await page.waitForFunction((old) => document.querySelector('main').dataset.frame !== old, frame);
      await live(page, 'found');
    };
    await wear('Noon');
    const dark = await take();
    assert.deepEqual(pngSize(dark.bytes), SIZE);
    assert.match(dark.name, /^live-noon\.png$/);
    await page.getByRole('button', { name: 'Back to live' }).click();
    await live(page, 'found');
    await wear('Skipper');
    const clear = await take();
    const [a, b] = [await eyeDarkness(page, dark), await eyeDarkness(page, clear)];
    assert.ok(a < 0.75 * b, `behind dark lenses ${a}, behind clear ones ${b}`);
  });

  test('the camera goes off with the tab, and with the button', async () => {
    assert.deepEqual(await cameras(page), [true]);
    await page.getByRole('tab', { name: 'Photo' }).click();
    await live(page, 'off');
    assert.deepEqual(await cameras(page), [false]);
    assert.equal(await page.locator('#stage').isVisible(), true);
    assert.equal((await state(page)).state, 'fitted', 'the photo is as it was left');
    await page.getByRole('tab', { name: 'Live' }).click();
    await page.getByRole('button', { name: 'Start the camera' }).click();
    await live(page, 'found');
    assert.deepEqual(await cameras(page), [false, true]);
    await page.getByRole('button', { name: 'Stop' }).click();
    await live(page, 'off');
    assert.deepEqual(await cameras(page), [false, false]);
  });

  test('a hidden page looks at nothing, and goes on when it is seen again', async () => {
    const hide = (hidden) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { get: () => value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await hide(true);
    await live(page, 'paused');
    await hide(false);
    await live(page, 'found');
  });

  test('a frame that is chosen for the live view is on the photo too, when that is seen again', async () => {
    const { frame } = await state(page);
    await page.locator('#frames').getByRole('button', { name: 'Harbour' }).click();
    await page.waitForFunction((old) => document.querySelector('main').dataset.frame !== old, frame);
    await live(page, 'found');
    await page.getByRole('tab', { name: 'Photo' }).click();
    await fitted(page);
    assert.notEqual((await state(page)).frame, frame);
  });

  test('the view is a mirror, unless that is not wanted', async () => {
    const scale = () => page.locator('#live-canvas').evaluate((canvas) => getComputedStyle(canvas).scale);
    assert.equal(await scale(), '-1 1');
    await page.getByRole('button', { name: 'Mirror' }).click();
    assert.equal(await scale(), 'none');
    assert.equal(await page.getByRole('button', { name: 'Mirror' }).getAttribute('aria-pressed'), 'false');
  });

  test('a photo that comes meanwhile is shown, and the camera goes off', async () => {
    const bytes = await page.evaluate(async () =>
      Array.from(new Uint8Array(await (await fetch('gallery/portraits/helen.jpg')).arrayBuffer())),
    );
    await page.setInputFiles('#photo-file', { name: 'me.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(bytes) });
    await page.waitForSelector('main[data-mode="photo"][data-photo^="own"]');
    await live(page, 'off');
    assert.deepEqual(await cameras(page), [false]);
  });

  test('on a phone nothing is wider than the screen, and all there is to touch is large enough', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    assert.ok(
      (await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0,
    );
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('button')]
        .map((element) => ({ name: element.id || element.className, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && Math.round(Math.min(box.width, box.height) * 100) < 4400)
        .map(({ name }) => name),
    );
    assert.deepEqual(small, []);
  });
});

test('everyone gets a frame, where that is wanted', async () => {
  const demo = await start();
  const page = await demo.open({
    prepare: (context) =>
      context.addInitScript(() => {
        // A camera before which two of the gallery's portraits stand.
        MediaDevices.prototype.getUserMedia = async () => {
          const { portraits } = await (await fetch('gallery/gallery.json')).json();
          const people = await Promise.all(
            portraits
              .slice(0, 2)
              .map(async ({ file }) => createImageBitmap(await (await fetch(`gallery/${file}`)).blob())),
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
      }),
  });
  await fitted(page);
  await page.getByRole('tab', { name: 'Live' }).click();
  await page.getByRole('button', { name: 'Start the camera' }).click();
  await page.getByRole('status').filter({ hasText: 'Following one face.' }).waitFor();
  await page.getByRole('button', { name: 'Everyone' }).click();
  await page.getByRole('status').filter({ hasText: 'Following 2 faces.' }).waitFor();
  await page.getByRole('button', { name: 'Everyone' }).click();
  await page.getByRole('status').filter({ hasText: 'Following one face.' }).waitFor();
  assert.deepEqual(page.problems, []);
  await demo.close();
});

describe('without', () => {
  async function startOn(...flags) {
    const demo = await start(...flags);
    const page = await demo.open({ prepare: watch });
    await fitted(page);
    await page.getByRole('tab', { name: 'Live' }).click();
    await page.getByRole('button', { name: 'Start the camera' }).click();
    return { demo, page };
  }

  test('a camera that is not allowed: said, with what to do', async () => {
    const { demo, page } = await startOn(...camera('deny'));
    await page
      .getByRole('alert')
      .filter({ hasText: /not allowed.*settings.*never leave/ })
      .waitFor();
    await live(page, 'off');
    await page.getByRole('tab', { name: 'Photo' }).click();
    assert.equal(await page.locator('#stage').isVisible(), true);
    assert.deepEqual(page.problems, []);
    await demo.close();
  });

  test('no camera at all: said', async () => {
    const { demo, page } = await startOn('--use-fake-ui-for-media-stream');
    await page
      .getByRole('alert')
      .filter({ hasText: /No camera was found/ })
      .waitFor();
    await live(page, 'off');
    await demo.close();
  });
});
