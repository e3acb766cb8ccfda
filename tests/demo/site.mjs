/** Helpers that read the demo page, act on it and wait for it. */
import { readFile } from 'node:fs/promises';

/** The `data-*` attributes of `<main>`, with numbers and lists parsed. */
export function state(page) {
  return page.locator('main').evaluate(({ dataset }) => {
    const parse = (text) => (text ? JSON.parse(text) : null);
    const { homography, placement, box, update, updates, ...rest } = dataset;
    return {
      ...rest,
      update: Number(update),
      updates: Number(updates),
      homography: parse(homography),
      placement: parse(placement),
      box: parse(box),
    };
  });
}

/** Waits until a fit is shown as a composite. */
export const fitted = (page) => page.waitForSelector('main[data-state="fitted"][data-exact="true"]');

/** Waits until the glasses are shown as placed. */
export const placed = (page) => page.waitForSelector('main[data-state="placed"]');

export async function gallery(page) {
  return page.evaluate(async () => (await fetch('gallery/gallery.json')).json());
}

const apply = (h, x, y) => {
  const w = h[6] * x + h[7] * y + h[8];
  return [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w];
};

/**
 * The two lens centres, mapped by a homography. They are at centre ± 0.453 · width / 2 of `box`.
 */
const lensCentres = (homography, box) => {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  return [-1, 1].map((side) => apply(homography, x + (side * 0.453 * box.width) / 2, y));
};

/** Mean distance of the lens centres from the pupils, in inter-pupil distances (NME). */
export function landmarkError({ homography, box }, pupils) {
  const centres = lensCentres(homography, box);
  const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  return (distance(centres[0], pupils[0]) + distance(centres[1], pupils[1])) / 2 / distance(...pupils);
}

/** Mean brightness, 0 to 255, of a downloaded live image around the lens centres. */
export async function lensBrightness(page, { bytes, state: { box, liveHomography } }) {
  const centres = lensCentres(JSON.parse(liveHomography), box);
  return page.evaluate(
    async ([content, points]) => {
      const bitmap = await createImageBitmap(
        new Blob([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))]),
      );
      const drawing = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { willReadFrequently: true });
      drawing.drawImage(bitmap, 0, 0);
      const values = points.flatMap(([x, y]) =>
        Array.from(drawing.getImageData(Math.round(x) - 4, Math.round(y) - 4, 9, 9).data),
      );
      return values.filter((_, i) => i % 4 !== 3).reduce((sum, value) => sum + value, 0) / (values.length * 0.75);
    },
    [bytes.toString('base64'), centres],
  );
}

/** The first sample portrait, with its pupils. */
export async function firstPortrait(page) {
  const { portraits } = await gallery(page);
  return portraits[0];
}

/** Converts photo coordinates to window coordinates. */
export async function windowPoint(page, x, y) {
  return page.evaluate(
    ([px, py]) => {
      const viewer = document.querySelector('.viewer').getBoundingClientRect();
      const width = Number(document.querySelector('#size').textContent.split(' × ')[0]);
      const scale = viewer.width / width;
      return { x: viewer.left + px * scale, y: viewer.top + py * scale };
    },
    [x, y],
  );
}

/** Number of pixels by which the page is wider than the window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Visible elements that match `selector` and are smaller than a 44-pixel touch target. */
export function smallTargets(page, selector) {
  return page.evaluate(
    (elements) =>
      [...document.querySelectorAll(elements)]
        .map((element) => ({ name: element.id || element.className, box: element.getBoundingClientRect() }))
        // At fractional positions, 44 pixels are reported as 43.99998.
        .filter(({ box }) => box.width > 0 && Math.round(Math.min(box.width, box.height) * 100) < 4400)
        .map(({ name, box }) => `${name}: ${box.width} × ${box.height}`),
    selector,
  );
}

/** Chooses a file in a file input of the page. */
export const chooseFile = (page, input, name, mimeType, buffer) =>
  page.setInputFiles(input, { name, mimeType, buffer });

/** Presses a download button. Resolves to the name and the bytes of the file. */
export async function download(page, button) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

/** Waits for a notice with this text. */
export async function notice(page, text) {
  const shown = page.getByRole('alert').filter({ hasText: text });
  await shown.waitFor();
  return shown;
}

/** Whether any notice is visible. */
export const noticeVisible = (page) => page.locator('.notice').isVisible();
