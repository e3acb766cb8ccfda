/** Glasses of known width with the packed package in Node. */
import { apply, failure, glasses, photo } from '../images.mjs';
import { expect, test } from './fixtures.mjs';

/** The distance in the photo between both ends of the visible part of fitted glasses. */
function width(homography, { x, y, width, height }) {
  const [left, right] = [x, x + width].map((end) => apply(homography, end, y + height / 2));
  return Math.hypot(right[0] - left[0], right[1] - left[1]);
}

async function fitted(tryOn, options, source = glasses()) {
  const { fit: fitOptions, ...glassesOptions } = options;
  const prepared = await tryOn.glasses(source, glassesOptions);
  const fit = await tryOn.fit(photo(), prepared, fitOptions);
  const result = { width: width(fit.homography, fit.glasses.bounds), fit };
  prepared.dispose();
  fit.dispose();
  return result;
}

test('a fit shows glasses as wide as they are', async ({ tryOn }) => {
  const [{ placement, pupils }] = await tryOn.locate(photo());
  const pupilDistance = Math.hypot(pupils[1].x - pupils[0].x, pupils[1].y - pupils[0].y);
  const [narrow, wide] = [await fitted(tryOn, { widthMm: 125 }), await fitted(tryOn, { widthMm: 145 })];
  expect(Math.abs(narrow.width / wide.width - 125 / 145)).toBeLessThan(1e-3);
  expect(Math.abs(wide.width / pupilDistance - 145 / 63)).toBeLessThan(1e-3);
  const close = await fitted(tryOn, { widthMm: 125, fit: { pupilDistanceMm: 60 } });
  expect(Math.abs(close.width / narrow.width - 63 / 60)).toBeLessThan(1e-3);
  // The glasses stay where they were fitted, and the networks' results are the same.
  const learned = await fitted(tryOn, {});
  const middles = [narrow, learned].map(({ fit }) => {
    const { x, y, width, height } = fit.glasses.bounds;
    return apply(fit.homography, x + width / 2, y + height / 2);
  });
  expect(Math.hypot(middles[0][0] - middles[1][0], middles[0][1] - middles[1][1])).toBeLessThan(1e-6);
  expect(narrow.fit.initial).toEqual(learned.fit.initial);
  expect(narrow.fit.confidence).toBe(learned.fit.confidence);
  expect(narrow.fit.updates.at(-1).params).toEqual(learned.fit.updates.at(-1).params);

  // With a placement, the pupils tell the size of the face.
  const placed = await fitted(tryOn, { widthMm: 125, fit: { placement, pupils } });
  expect(placed.fit.homography).toEqual(narrow.fit.homography);
  const unknown = await fitted(tryOn, { widthMm: 125, fit: { placement } });
  expect(unknown.fit.homography).toEqual(learned.fit.homography);

  // The entry of a manifest can have the width.
  const entry = await fitted(tryOn, {}, { image: glasses(), widthMm: 125 });
  expect(entry.fit.homography).toEqual(narrow.fit.homography);
});

test('a track shows glasses as wide as they are', async ({ tryOn }) => {
  async function* still(images = 40) {
    for (let i = 0; i < images; i++) yield photo();
  }
  const tracked = async (options, change) => {
    const prepared = await tryOn.glasses(glasses(), options);
    const last = {};
    const track = await tryOn.track(still(), change ? glasses() : prepared, {
      updates: 2,
      pupilDistanceMm: 65,
      onFrame: ({ faces }) => Object.assign(last, faces[0]),
    });
    if (change) await track.setGlasses(prepared);
    await track.ended;
    prepared.dispose();
    return last.placement.width;
  };
  const [narrow, wide] = [await tracked({ widthMm: 125 }), await tracked({ widthMm: 145 })];
  expect(Math.abs(narrow / wide - 125 / 145)).toBeLessThan(1e-3);
  const [{ pupils }] = await tryOn.locate(photo());
  expect(Math.abs(wide / Math.hypot(pupils[1].x - pupils[0].x, pupils[1].y - pupils[0].y) - 145 / 65)).toBeLessThan(
    0.1,
  );
});

test('glasses that replace others in a track have their own width', async ({ tryOn }) => {
  const [narrow, wide] = [
    await tryOn.glasses(glasses(), { widthMm: 100 }),
    await tryOn.glasses(glasses(), { widthMm: 180 }),
  ];
  const widths = [];
  async function* still() {
    for (let i = 0; i < 60; i++) {
      if (i === 30) await track.setGlasses(wide);
      yield photo();
    }
  }
  const track = await tryOn.track(still(), narrow, {
    updates: 1,
    onFrame: ({ faces }) => widths.push(faces[0].placement.width),
  });
  await track.ended;
  expect(widths.at(-1) / widths[29]).toBeGreaterThan(1.3);
  for (const prepared of [narrow, wide]) prepared.dispose();
});

test('absurd sizes are refused', async ({ tryOn }) => {
  for (const widthMm of [NaN, Infinity, 0, -140, 89, 201])
    expect(await failure(tryOn.glasses(glasses(), { widthMm }))).toBe('StganError argument');
  for (const pupilDistanceMm of [NaN, 0, -63, 44, 81]) {
    expect(await failure(tryOn.fit(photo(), glasses(), { pupilDistanceMm }))).toBe('StganError argument');
    expect(await failure(tryOn.track([], glasses(), { pupilDistanceMm }))).toBe('StganError argument');
  }
  const [{ placement }] = await tryOn.locate(photo());
  for (const pupils of [
    [],
    [{ x: 1, y: 2 }],
    [
      { x: 1, y: 2 },
      { x: NaN, y: 2 },
    ],
    'left',
  ])
    expect(await failure(tryOn.fit(photo(), glasses(), { placement, pupils }))).toBe('StganError argument');
});
