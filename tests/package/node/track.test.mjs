/** Following faces through pictures with the packed package in plain Node. */
import { readFileSync } from 'node:fs';
import { clip } from '../../fixtures.mjs';
import { apply, failure, glasses, photo } from '../pictures.mjs';
import { test as base, expect } from './fixtures.mjs';

/** A picture of the clip, by its second. */
async function picture(tryOn, second) {
  const bytes = readFileSync(clip());
  let [at, index] = [0, Math.round(second * 30)];
  while (index-- > 0) at = bytes.indexOf(Buffer.of(0xff, 0xd8, 0xff), at + 1);
  const end = bytes.indexOf(Buffer.of(0xff, 0xd8, 0xff), at + 1);
  // The package decodes; what it puts on is a speck in the corner.
  const fit = await tryOn.fit(bytes.subarray(at, end), glasses(), { placement: { x: 1, y: 1, width: 1 }, updates: 0 });
  const { data, width, height } = fit.composite();
  fit.dispose();
  return { data, width, height };
}

const test = base.extend({
  /** A picture with a face. */
  face: async ({ tryOn }, use) => use(await picture(tryOn, 1.8)),
});

async function* repeat(pictures, times = 1) {
  for (let i = 0; i < times; i++) yield* pictures;
}

test('pictures from anywhere: found, followed, and put on', async ({ tryOn, face }) => {
  const seen = [];
  const states = [];
  const track = await tryOn.track(repeat([face], 12), glasses(), {
    onFrame: (frame) => seen.push(frame),
    onState: (state) => states.push(state),
  });
  expect(track.state).toBe('searching');
  const image = await track.snapshot();
  expect([image.width, image.height]).toEqual([face.width, face.height]);
  await track.ended;
  expect(states).toEqual(['found', 'stopped']);
  expect(seen.length).toBe(12);
  const { faces, width, height, updates, times } = seen.at(-1);
  expect(faces.length).toBe(1);
  expect([width, height, updates >= 1]).toEqual([face.width, face.height, true]);
  expect(Object.keys(times)).toEqual(['read', 'find', 'fit', 'draw']);
  const [{ id, homography, lensCentres: eyes, placement, score }] = faces;
  expect(seen.every((frame) => frame.faces[0].id === id)).toBe(true);
  expect(homography[8]).toBe(1);
  // The frame's box is the picture but for ten pixels a side; its middle is where the placement says.
  const [x, y] = apply(homography, 200, 80);
  expect(Math.hypot(x - (eyes[0].x + eyes[1].x) / 2, y - (eyes[0].y + eyes[1].y) / 2)).toBeLessThan(
    0.1 * placement.width,
  );
  expect(score, JSON.stringify(faces)).toBeGreaterThan(0);
  expect(score, JSON.stringify(faces)).toBeLessThanOrEqual(1);
  expect(placement.width, JSON.stringify(faces)).toBeGreaterThan(60);
  expect(placement.width, JSON.stringify(faces)).toBeLessThan(200);
  // At rest on a picture that rests.
  const [a, b] = seen.slice(-2).map((frame) => frame.faces[0].lensCentres[0]);
  expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeLessThan(0.5);
  const changed = image.data.some((value, i) => value !== face.data[i]);
  expect(changed, 'the snapshot has the frame on').toBe(true);
});

test('nobody there is no error', async ({ tryOn }) => {
  const flat = { data: new Uint8Array(160 * 120 * 4).fill(140), width: 160, height: 120 };
  const counts = [];
  const track = await tryOn.track(repeat([flat], 5), glasses(), {
    people: 3,
    onFrame: ({ faces }) => counts.push(faces.length),
  });
  await track.ended;
  expect(counts).toEqual([0, 0, 0, 0, 0]);
});

test('another frame, and the end', async ({ tryOn, face }) => {
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
  const [old, now] = [frames[before - 1], frames.at(-1)].map(({ faces }) => faces[0]);
  expect(now.id).toBe(old.id);
  const [a, b] = [apply(old.homography, 200, 80), apply(now.homography, 400, 160)];
  expect(Math.hypot(a[0] - b[0], a[1] - b[1]), 'where the last one was').toBeLessThan(3);
  expect(await failure(track.setGlasses({ ...glasses(), data: new Uint8Array(400 * 160 * 4) }))).toBe(
    'StganError empty-frame',
  );
  await track.snapshot();
  const waiting = failure(track.snapshot());
  track.stop();
  track.stop();
  await track.ended;
  expect(await waiting).toBe('StganError disposed');
  expect(track.state).toBe('stopped');
  expect(() => track.snapshot()).toThrow(expect.objectContaining({ code: 'disposed' }));
  expect(await failure(track.setGlasses(glasses()))).toBe('StganError disposed');
  await new Promise((resolve) => setImmediate(resolve));
  expect(closed, 'the source is told').toBe(true);
});

test('says what is wrong by a code', async ({ tryOn, face }) => {
  const code = (source, frame = glasses(), options = {}) => failure(tryOn.track(source, frame, options));
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
  const broken = await tryOn.track(repeat([{ width: 3, height: 3, data: new Uint8Array(5) }]), glasses());
  expect(await failure(broken.ended)).toBe('StganError image-size');
  const thrown = await tryOn.track(repeat([face]), glasses(), {
    onFrame() {
      throw new Error('mine');
    },
  });
  expect(await failure(thrown.ended)).toBe('StganError internal');
  expect(thrown.state).toBe('stopped');
  const later = new AbortController();
  const stopped = await tryOn.track(repeat([face], 1e9), glasses(), {
    signal: later.signal,
    onFrame: () => later.abort(),
  });
  await stopped.ended;
  expect(stopped.state).toBe('stopped');
});
