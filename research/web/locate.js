/** Finding faces: how long a photo takes, and a face more. */
import { TryOn } from '../../pkg/dist/index.js';
import { photo } from '../../tests/package/pictures.mjs';

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** A photo with `count` of the tests' faces in a row, as the browser keeps pictures. */
async function pictureOf(count, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  const one = photo(Math.floor(width / count), height);
  for (let i = 0; i < count; i++)
    context.putImageData(new ImageData(one.data, one.width, one.height), i * one.width, 0);
  return createImageBitmap(canvas);
}

/** Median milliseconds of `tryOn.locate` for photos of these sizes with one face, and for the first with three. */
export async function locate(sizes, rounds, warm) {
  const tryOn = await TryOn.create();
  const pictures = await Promise.all([
    ...sizes.map(([w, h]) => pictureOf(1, w, h)),
    pictureOf(3, ...sizes[0]),
    createImageBitmap(new ImageData(...sizes[0])),
  ]);
  const times = pictures.map(() => []);
  const faces = [];
  for (let round = -warm; round < rounds; round++) {
    for (const [i, picture] of pictures.entries()) {
      const start = performance.now();
      const found = await tryOn.locate(picture);
      if (round >= 0) times[i].push(performance.now() - start);
      faces[i] = found.length;
    }
  }
  tryOn.dispose();
  return times.map((list, i) => ({ ms: median(list), faces: faces[i] }));
}
