/** Measures `locate` for photos of several sizes and numbers of faces. */
import { TryOn } from '../../pkg/dist/index.js';
import { photo as testPhoto } from '../../tests/package/images.mjs';

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Creates a bitmap with `count` faces of the test photo in a row. */
async function createPhoto(count, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  const face = testPhoto(Math.floor(width / count), height);
  for (let i = 0; i < count; i++)
    context.putImageData(new ImageData(face.data, face.width, face.height), i * face.width, 0);
  return createImageBitmap(canvas);
}

/**
 * Returns the median milliseconds of `tryOn.locate`, and the number of faces found: for one face at
 * each size, then for three faces and for no face at the first size.
 */
export async function locate(sizes, rounds, warmUp) {
  const tryOn = await TryOn.create();
  const photos = await Promise.all([
    ...sizes.map(([w, h]) => createPhoto(1, w, h)),
    createPhoto(3, ...sizes[0]),
    createImageBitmap(new ImageData(...sizes[0])),
  ]);
  const times = photos.map(() => []);
  const faces = [];
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, photo] of photos.entries()) {
      const start = performance.now();
      const found = await tryOn.locate(photo);
      if (round >= 0) times[i].push(performance.now() - start);
      faces[i] = found.length;
    }
  }
  tryOn.dispose();
  return times.map((list, i) => ({ ms: median(list), faces: faces[i] }));
}
