/** The built demo, served to a browser: what every test of this folder begins with. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { launchBrowser } from '../../scripts/browser.mjs';
import { root } from '../../scripts/project.mjs';
import { serve } from '../../scripts/serve.mjs';

/** The folder with the built site; `STGAN_SITE` names another. */
const site = resolve(process.env.STGAN_SITE ?? join(root, 'site'));

/** A browser, with more flags where some are wanted, and the served site. `open(options)` gives a page in a context of its own. */
export async function start(...flags) {
  if (!existsSync(join(site, 'index.html'))) throw new Error(`${site} holds no built site: run \`make site\` first`);
  // Under a path of its own, as many web hosts have it.
  const server = await serve(dirname(site));
  const address = `${server.url}${basename(site)}/`;
  const browser = await launchBrowser(...flags);
  return {
    address,
    async open({ prepare, ...options } = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        acceptDownloads: true,
        ...options,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      page.problems = [];
      page.on('pageerror', (error) => page.problems.push(`error: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning')
          page.problems.push(`${message.type()}: ${message.text()}`);
      });
      await prepare?.(context, page);
      await page.goto(address);
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** What the page says of itself: numbers and lists are read. */
export function state(page) {
  return page.locator('main').evaluate(({ dataset }) => {
    const list = (text) => (text ? JSON.parse(text) : null);
    const { homography, placement, box, step, steps, ...rest } = dataset;
    return {
      ...rest,
      step: Number(step),
      steps: Number(steps),
      homography: list(homography),
      placement: list(placement),
      box: list(box),
    };
  });
}

/** Waits until a fit is shown, by its composite. */
export const fitted = (page) => page.waitForSelector('main[data-state="fitted"][data-exact="true"]');

/** Waits until the frame is at rest where the user put it. */
export const placed = (page) => page.waitForSelector('main[data-state="placed"]');

export async function gallery(page) {
  return page.evaluate(async () => (await fetch('gallery/gallery.json')).json());
}

const apply = (h, x, y) => {
  const w = h[6] * x + h[7] * y + h[8];
  return [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w];
};

/** How far the frame's lens centres are from a portrait's eyes, in eye distances. A frame's pupils: centre ± 0.453 · width / 2. */
export function eyeError({ homography, box }, eyes) {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const pupils = [-1, 1].map((side) => apply(homography, x + (side * 0.453 * box.width) / 2, y));
  const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  return (distance(pupils[0], eyes[0]) + distance(pupils[1], eyes[1])) / 2 / distance(...eyes);
}

/** The mean brightness of a downloaded picture around the lens centres of the frame that the live view has on it, 0 to 255. */
export async function eyeDarkness(page, { bytes, state: { box, liveHomography } }) {
  const h = JSON.parse(liveHomography);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const lenses = [-1, 1].map((side) => apply(h, x + (side * 0.453 * box.width) / 2, y));
  return page.evaluate(
    async ([content, places]) => {
      const bitmap = await createImageBitmap(
        new Blob([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))]),
      );
      const drawing = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { willReadFrequently: true });
      drawing.drawImage(bitmap, 0, 0);
      const values = places.flatMap(([px, py]) =>
        Array.from(drawing.getImageData(Math.round(px) - 4, Math.round(py) - 4, 9, 9).data),
      );
      return values.filter((_, i) => i % 4 !== 3).reduce((sum, value) => sum + value, 0) / (values.length * 0.75);
    },
    [bytes.toString('base64'), lenses],
  );
}

/** The first sample portrait, and where its eyes are. */
export async function firstPortrait(page) {
  const { portraits } = await gallery(page);
  return portraits[0];
}

/** Where a photo's pixel is in the window. */
export async function windowPoint(page, x, y) {
  return page.evaluate(
    ([px, py]) => {
      const stage = document.querySelector('.stage').getBoundingClientRect();
      const width = Number(document.querySelector('#size').textContent.split(' × ')[0]);
      const scale = stage.width / width;
      return { x: stage.left + px * scale, y: stage.top + py * scale };
    },
    [x, y],
  );
}
