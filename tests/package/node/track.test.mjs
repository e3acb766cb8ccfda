/** Tracking faces in a sequence of images with the packed package in Node. */
import { readFileSync } from 'node:fs';
import { clip } from '../../fixtures.mjs';
import { apply, failure, glasses, photo } from '../images.mjs';
import { test as base, expect } from './fixtures.mjs';

/** Decodes the video frame of the clip at a time in seconds. */
async function clipFrame(tryOn, second) {
  const bytes = readFileSync(clip());
  const JPEG_START = Buffer.of(0xff, 0xd8, 0xff);
  let [start, index] = [0, Math.round(second * 30)];
  while (index-- > 0) start = bytes.indexOf(JPEG_START, start + 1);
  const end = bytes.indexOf(JPEG_START, start + 1);
  // The package decodes the image; glasses of one pixel in the corner leave the rest unchanged.
  const fit = await tryOn.fit(bytes.subarray(start, end), glasses(), {
    placement: { x: 1, y: 1, width: 1 },
    updates: 0,
  });
  const { data, width, height } = fit.composite();
  fit.dispose();
  return { data, width, height };
}

const test = base.extend({
  /** An image with a face. */
  face: async ({ tryOn }, use) => use(await clipFrame(tryOn, 1.8)),
});

async function* repeat(images, times = 1) {
  for (let i = 0; i < times; i++) yield* images;
}

test('track finds a face, tracks it and puts the glasses on it', async ({ tryOn, face }) => {
  const frames = [];
  const states = [];
  const track = await tryOn.track(repeat([face], 12), glasses(), {
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state),
  });
  expect(track.state).toBe('searching');
  const image = await track.snapshot();
  expect([image.width, image.height]).toEqual([face.width, face.height]);
  await track.ended;
  expect(states).toEqual(['found', 'stopped']);
  expect(frames.length).toBe(12);
  const { faces, width, height, updates, times } = frames.at(-1);
  expect(faces.length).toBe(1);
  expect([width, height, updates >= 1]).toEqual([face.width, face.height, true]);
  expect(Object.keys(times)).toEqual(['read', 'detect', 'fit', 'draw']);
  const [{ id, homography, lensCentres, placement, score }] = faces;
  expect(frames.every((frame) => frame.faces[0].id === id)).toBe(true);
  expect(homography[8]).toBe(1);
  // The glasses are centred in their image of 400×160 pixels.
  const [x, y] = apply(homography, 200, 80);
  const [left, right] = lensCentres;
  expect(Math.hypot(x - (left.x + right.x) / 2, y - (left.y + right.y) / 2)).toBeLessThan(0.1 * placement.width);
  expect(score, JSON.stringify(faces)).toBeGreaterThan(0);
  expect(score, JSON.stringify(faces)).toBeLessThanOrEqual(1);
  expect(placement.width, JSON.stringify(faces)).toBeGreaterThan(60);
  expect(placement.width, JSON.stringify(faces)).toBeLessThan(200);
  // On a still image the glasses stay still.
  const [a, b] = frames.slice(-2).map((frame) => frame.faces[0].lensCentres[0]);
  expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeLessThan(0.5);
  const changed = image.data.some((value, i) => value !== face.data[i]);
  expect(changed, 'the snapshot shows the glasses').toBe(true);
});

test('a video without a face is not an error', async ({ tryOn }) => {
  const noFace = { data: new Uint8Array(160 * 120 * 4).fill(140), width: 160, height: 120 };
  const counts = [];
  const track = await tryOn.track(repeat([noFace], 5), glasses(), {
    people: 3,
    onFrame: ({ faces }) => counts.push(faces.length),
  });
  await track.ended;
  expect(counts).toEqual([0, 0, 0, 0, 0]);
});

test('setGlasses keeps the face, and stop ends the source', async ({ tryOn, face }) => {
  let closed = false;
  async function* endless() {
    try {
      for (;;) {
        yield face;
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      closed = true;
    }
  }
  const frames = [];
  const track = await tryOn.track(endless(), glasses(), { onFrame: (frame) => frames.push(frame) });
  await track.snapshot();
  await track.setGlasses(glasses(800, 320));
  const before = frames.length;
  await track.snapshot();
  const [oldFace, newFace] = [frames[before - 1], frames.at(-1)].map(({ faces }) => faces[0]);
  expect(newFace.id).toBe(oldFace.id);
  const [a, b] = [apply(oldFace.homography, 200, 80), apply(newFace.homography, 400, 160)];
  expect(Math.hypot(a[0] - b[0], a[1] - b[1]), 'the new glasses are where the old ones were').toBeLessThan(3);
  expect(await failure(track.setGlasses({ ...glasses(), data: new Uint8Array(400 * 160 * 4) }))).toBe(
    'StganError empty-glasses',
  );
  await track.snapshot();
  const pending = failure(track.snapshot());
  track.stop();
  track.stop();
  await track.ended;
  expect(await pending).toBe('StganError disposed');
  expect(track.state).toBe('stopped');
  expect(() => track.snapshot()).toThrow(expect.objectContaining({ code: 'disposed' }));
  expect(await failure(track.setGlasses(glasses()))).toBe('StganError disposed');
  await new Promise((resolve) => setImmediate(resolve));
  expect(closed, 'the source is closed').toBe(true);
});

test('a failure of track is an error with a code', async ({ tryOn, face }) => {
  const code = (source, front = glasses(), options = {}) => failure(tryOn.track(source, front, options));
  const controller = new AbortController();
  controller.abort();
  expect([
    await code('camera'),
    await code(5),
    await code(null),
    await code(repeat([face]), photo(0, 0)),
    await code(repeat([face]), glasses(), { people: 0 }),
    await code(repeat([face]), glasses(), { people: 17 }),
    await code(repeat([face]), glasses(), { updates: 1.5 }),
    await code(repeat([face]), glasses(), { budget: NaN }),
    await code(repeat([face]), glasses(), { signal: controller.signal }),
  ]).toEqual([
    'StganError camera-unavailable',
    'StganError argument',
    'StganError argument',
    'StganError image-size',
    'StganError argument',
    'StganError argument',
    'StganError argument',
    'StganError argument',
    'StganError aborted',
  ]);
  const invalid = await tryOn.track(repeat([{ width: 3, height: 3, data: new Uint8Array(5) }]), glasses());
  expect(await failure(invalid.ended)).toBe('StganError image-size');
  const throwing = await tryOn.track(repeat([face]), glasses(), {
    onFrame() {
      throw new Error('in a callback');
    },
  });
  expect(await failure(throwing.ended)).toBe('StganError callback');
  expect(throwing.state).toBe('stopped');
  const later = new AbortController();
  const stopped = await tryOn.track(repeat([face], 1e9), glasses(), {
    signal: later.signal,
    onFrame: () => later.abort(),
  });
  await stopped.ended;
  expect(stopped.state).toBe('stopped');
});
