/** The demo in each browser, in the window of a desktop and of a phone. */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { serve } from '../../scripts/preview.mjs';
import { root } from '../../scripts/project.mjs';
import { test as base, expect, until } from './fixtures.mjs';

/** Folder of the built site; set `STGAN_SITE` to test another one. */
const folder = resolve(process.env.STGAN_SITE ?? join(root, 'site'));
const screenshots = join(root, 'target', 'browsers');

const test = base.extend({
  site: [
    async ({}, use) => {
      if (!existsSync(join(folder, 'index.html')))
        throw new Error(`${folder} contains no built site: run \`make site\` first`);
      const server = await serve(folder, '/try-on/');
      await use(server.url);
      await server.close();
    },
    { scope: 'worker' },
  ],

  /** The page after the fit on the first portrait. */
  demo: async ({ driver, site }, use) => {
    await driver.open(site);
    await until(driver, () => document.querySelector('main[data-state="fitted"][data-exact="true"]') !== null);
    await use(driver);
  },

  /** Stores a screenshot, to be looked at. */
  screenshot: async ({ driver }, use, { project }) => {
    mkdirSync(screenshots, { recursive: true });
    await use((name) => driver.screenshot(join(screenshots, `${project.name}-${name}.png`)));
  },
});

test('glasses are fitted and shown with see-through lenses, and the page fits the window', async ({
  demo,
  screenshot,
}) => {
  await screenshot('photo');
  const { alphas, overflow, notice } = await demo.evaluate(() => {
    const canvas = document.querySelector('.overlay');
    const drawing = canvas.getContext('2d');
    // The middle of each lens, in shares of the width and the height of the glasses.
    const alpha = (x, y) => drawing.getImageData(x * canvas.width, y * canvas.height, 1, 1).data[3];
    const { scrollWidth, clientWidth } = document.documentElement;
    return {
      alphas: [alpha(0.25, 0.5), alpha(0.75, 0.5), alpha(0.5, 0.98)],
      overflow: scrollWidth - clientWidth,
      notice: document.querySelector('.notice')?.checkVisibility() ?? false,
    };
  });
  for (const alpha of alphas) expect(alpha, String(alphas)).toBeLessThan(128);
  expect(overflow).toBeLessThanOrEqual(0);
  expect(notice).toBe(false);
});

test('the live view finds a face, starts again, and shows all faces', async ({ demo, screenshot }) => {
  // A stream of a portrait replaces the camera, which shows no face in most browsers.
  await demo.evaluate(async () => {
    const { portraits } = await (await fetch('gallery/gallery.json')).json();
    const image = Object.assign(new Image(), { src: `gallery/${portraits[0].file}` });
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: 480, height: 600 });
    const drawing = canvas.getContext('2d');
    setInterval(() => drawing.drawImage(image, 0, 0, 480, 600), 60);
    const getUserMedia = async () => canvas.captureStream(15);
    // WebKit discards properties of `navigator.mediaDevices` itself.
    MediaDevices.prototype.getUserMedia = getUserMedia;
    document.querySelector('#tab-live').click();
  });
  const phase = (name) => until(demo, (expected) => document.querySelector('main').dataset.live === expected, name);
  for (let start = 0; start < 2; start++) {
    await demo.evaluate(() => document.querySelector('#live-switch').click());
    await phase('found');
    await demo.evaluate(() => document.querySelector('#live-switch').click());
    await phase('off');
  }
  await demo.evaluate(() => document.querySelector('#live-switch').click());
  await phase('found');
  await demo.evaluate(() => document.querySelector('#live-all-faces').click());
  await until(demo, () => document.querySelector('#live-all-faces').getAttribute('aria-pressed') === 'true');
  await phase('found');
  await screenshot('live');
  const notice = await demo.evaluate(() => document.querySelector('.notice')?.checkVisibility() ?? false);
  expect(notice).toBe(false);
  await demo.evaluate(() => document.querySelector('#live-switch').click());
  await phase('off');
});
