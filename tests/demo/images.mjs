/** Small PNG files for the tests. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { root } from '../../scripts/project.mjs';

/** An RGBA image; `pixel(x, y)` returns the four channel values. */
export function png(width, height, pixel) {
  const image = new PNG({ width, height });
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) image.data.set(pixel(x, y), at);
  }
  return PNG.sync.write(image);
}

/** A black greyscale image: many pixels in a small file. */
export function blackPng(width, height) {
  const grey = { colorType: 0, inputColorType: 0, inputHasAlpha: false };
  return PNG.sync.write({ width, height, data: Buffer.alloc(width * height) }, { ...grey, filterType: 0 });
}

/** Round glasses on a transparent background. */
export function glasses(width = 600, height = 220) {
  const [rim, bridge] = [14, 18];
  const radius = height / 2 - 4;
  const centres = [radius + 4, width - radius - 4];
  return png(width, height, (x, y) => {
    const distance = Math.min(...centres.map((cx) => Math.hypot(x - cx, y - height / 2)));
    if (distance < radius - rim) return [200, 210, 220, 40];
    const onBridge =
      x > centres[0] + radius - rim && x < centres[1] - radius + rim && Math.abs(y - height * 0.4) < bridge;
    return distance < radius || onBridge ? [30, 30, 34, 255] : [0, 0, 0, 0];
  });
}

/**
 * A product photo: glasses of the gallery on a plain background, with a margin, enlarged by an
 * integer.
 */
export async function productPhoto(scale = 1, ground = [255, 255, 255]) {
  const source = PNG.sync.read(await readFile(join(root, 'www', 'public', 'gallery', 'glasses', 'harbour.png')));
  const [width, height] = [Math.round(source.width * 1.4), Math.round(source.height * 2)];
  const [left, top] = [(width - source.width) >> 1, (height - source.height) >> 1];
  return png(scale * width, scale * height, (x, y) => {
    const [u, v] = [Math.floor(x / scale) - left, Math.floor(y / scale) - top];
    if (u < 0 || v < 0 || u >= source.width || v >= source.height) return [...ground, 255];
    const [r, g, b, a] = source.data.subarray(4 * (v * source.width + u), 4 * (v * source.width + u) + 4);
    return [...[r, g, b].map((value, c) => Math.round((value * a + ground[c] * (255 - a)) / 255)), 255];
  });
}

/** Width and height of a PNG file. */
export function pngSize(bytes) {
  const { width, height } = PNG.sync.read(bytes);
  return [width, height];
}
