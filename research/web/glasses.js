/**
 * The page of `make bench-glasses`, which prepares rendered product photos on the main thread.
 */
import { TryOn } from '../../pkg/dist/index.js';
import { onWhite, photo, placementOn } from '../../tests/package/images.mjs';

const tryOn = await TryOn.create();

/** Calls `work` in rounds; returns the milliseconds of each round after the warm-up. */
async function time(rounds, warmUp, work) {
  const times = [];
  for (let i = -warmUp; i < rounds; i++) {
    const start = performance.now();
    const result = await work();
    if (i >= 0) times.push(performance.now() - start);
    result.dispose();
  }
  return times;
}

/** Draws the glasses at `url` with a width in pixels. */
async function draw(url, width) {
  const bitmap = await createImageBitmap(await (await fetch(url)).blob());
  const height = Math.round((bitmap.height * width) / bitmap.width);
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

async function encode({ data, width, height }, type) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d').putImageData(new ImageData(data, width, height), 0, 0);
  return canvas.convertToBlob({ type, quality: 0.9 });
}

window.bench = {
  /**
   * Returns the milliseconds of preparing a JPEG of 1200×800 pixels with glasses on white, of
   * preparing a PNG with alpha of 1200 pixels, and of fits with both.
   */
  async glasses(url, rounds, warmUp) {
    const jpeg = await encode(onWhite(await draw(url, 1000), 1200, 800), 'image/jpeg');
    const clean = await draw(url, 1200);
    const png = await encode(clean, 'image/png');
    const [glasses, cut] = [await tryOn.glasses(png), await tryOn.glasses(jpeg)];
    if (glasses.report.kind === 'cut-out' || cut.report.kind !== 'cut-out')
      throw new Error(`the photos were prepared as ${glasses.report.kind} and ${cut.report.kind}`);
    const face = photo(1280, 960);
    const placement = placementOn(face);
    const fit = (source) => time(rounds, warmUp, () => tryOn.fit(face, source, { placement }));
    return {
      jpeg: await time(rounds, warmUp, () => tryOn.glasses(jpeg)),
      png: await time(rounds, warmUp, () => tryOn.glasses(png)),
      fitPrepared: await fit(glasses),
      fitPixels: await fit(clean),
      fitJpeg: await fit(jpeg),
    };
  },
};
