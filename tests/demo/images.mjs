/** Small PNG files for the tests. */
import { PNG } from 'pngjs';

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

/** Width and height of a PNG file. */
export function pngSize(bytes) {
  const { width, height } = PNG.sync.read(bytes);
  return [width, height];
}
