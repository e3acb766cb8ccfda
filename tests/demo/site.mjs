/** What tests read from the demo's page, and how they wait for it. */
import { readFile } from 'node:fs/promises';

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

/** By how many pixels the page is wider than the window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** What is shown to be touched, of the elements that `selector` names, and is smaller than 44 pixels. */
export function smallTargets(page, selector) {
  return page.evaluate(
    (elements) =>
      [...document.querySelectorAll(elements)]
        .map((element) => ({ name: element.id || element.className, box: element.getBoundingClientRect() }))
        // At a fraction of a pixel, 44 pixels come out as 43.99998.
        .filter(({ box }) => box.width > 0 && Math.round(Math.min(box.width, box.height) * 100) < 4400)
        .map(({ name, box }) => `${name}: ${box.width} × ${box.height}`),
    selector,
  );
}

/** Gives a file to one of the page's inputs. */
export const give = (page, input, name, mimeType, buffer) => page.setInputFiles(input, { name, mimeType, buffer });

/** Presses a download button; the file's name and bytes. */
export async function download(page, button) {
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  return { name: saved.suggestedFilename(), bytes: await readFile(await saved.path()) };
}

/** Waits for a notice with these words. */
export async function notice(page, words) {
  const shown = page.getByRole('alert').filter({ hasText: words });
  await shown.waitFor();
  return shown;
}

/** Whether any notice is shown. */
export const noticed = (page) => page.locator('.notice').isVisible();
