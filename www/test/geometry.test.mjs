import { expect, test } from '@playwright/test';
import {
  apply,
  faceRegion,
  fromQuad,
  interpolate,
  keepOnPhoto,
  multiply,
  normalized,
  pinch,
  placementHomography,
  placementOf,
  quad,
  wrapDegrees,
} from '../src/geometry.ts';

const box = { x: 20, y: 35, width: 960, height: 310 };
const placement = { x: 512.5, y: 430, width: 288, rotation: -13 };
/** A similarity, then a little perspective. */
const projective = multiply([1.02, 0.03, 4, -0.02, 0.97, 9, 1e-4, -5e-5, 1], placementHomography(placement, box));

function near(actual, expected, tolerance = 1e-9) {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries())
    expect(Math.abs(value - expected[i]), `[${i}]: ${value}, not ${expected[i]}`).toBeLessThanOrEqual(tolerance);
}

test('the homography of a placement has its centre, width and rotation', () => {
  const h = placementHomography(placement, box);
  near(apply(h, [500, 190]), [placement.x, placement.y]);
  const [left, right] = [apply(h, [20, 190]), apply(h, [980, 190])];
  near([Math.hypot(right[0] - left[0], right[1] - left[1])], [288]);
  // Rotation is clockwise on the screen: a negative one lifts the right side.
  expect(right[1]).toBeLessThan(left[1]);
});

test('placementOf inverts placementHomography', () => {
  const found = placementOf(placementHomography(placement, box), box);
  near(Object.values(found), Object.values(placement));
});

test('fromQuad recovers a homography from the four mapped corners', () => {
  const found = fromQuad(box, quad(projective, box));
  const expected = normalized(projective);
  near(found, expected, 1e-9 * Math.max(...expected.map(Math.abs)));
});

test('interpolation moves the corners on straight lines between two homographies', () => {
  const start = placementHomography(placement, box);
  near(quad(interpolate(start, projective, box, 0), box).flat(), quad(start, box).flat(), 1e-6);
  near(interpolate(start, projective, box, 1), projective);
  const half = quad(interpolate(start, projective, box, 0.5), box).flat();
  const [a, b] = [quad(start, box).flat(), quad(projective, box).flat()];
  near(
    half,
    a.map((value, i) => (value + b[i]) / 2),
    1e-6,
  );
});

test('the glasses follow two fingers', () => {
  const from = [
    [400, 420],
    [620, 440],
  ];
  const to = [
    [380, 500],
    [700, 390],
  ];
  const moved = pinch(placement, from, to);
  const map = multiply(placementHomography(moved, box), inverseOf(placement));
  near(apply(map, from[0]), to[0], 1e-6);
  near(apply(map, from[1]), to[1], 1e-6);
});

/** The inverse of the homography of a placement: maps photo pixels to glasses pixels. */
function inverseOf({ x, y, width, rotation }) {
  const scale = box.width / width;
  const [cos, sin] = [scale * Math.cos((-rotation * Math.PI) / 180), scale * Math.sin((-rotation * Math.PI) / 180)];
  return [cos, -sin, 500 - cos * x + sin * y, sin, cos, 190 - sin * x - cos * y, 0, 0, 1];
}

test('two fingers at the same point change nothing', () => {
  expect(
    pinch(
      placement,
      [
        [1, 1],
        [1, 1],
      ],
      [
        [2, 2],
        [3, 3],
      ],
    ),
  ).toEqual(placement);
});

test('angles are wrapped to (−180, 180]', () => {
  near([190, -190, 180, -180, 540, 725].map(wrapDegrees), [-170, 170, 180, 180, 180, 5]);
});

test('placements are clamped to the photo', () => {
  const photo = { width: 600, height: 800 };
  const clamped = keepOnPhoto({ x: -90, y: 1200, width: 1, rotation: 370 }, photo);
  expect(clamped).toEqual({ x: 0, y: 800, width: 24, rotation: 10 });
  expect(keepOnPhoto({ ...clamped, width: 1e5 }, photo).width).toBe(1200);
});

test('the face region is inside the photo and has the requested aspect ratio', () => {
  const photo = { width: 600, height: 800 };
  for (const x of [0, 300, 600]) {
    for (const width of [50, 300, 1200]) {
      const region = faceRegion({ x, y: 300, width, rotation: 0 }, photo, 1.25);
      expect(region.x, JSON.stringify(region)).toBeGreaterThanOrEqual(0);
      expect(region.y, JSON.stringify(region)).toBeGreaterThanOrEqual(0);
      expect(region.x + region.width, JSON.stringify(region)).toBeLessThanOrEqual(600 + 1e-9);
      expect(region.y + region.height, JSON.stringify(region)).toBeLessThanOrEqual(800 + 1e-9);
      near([region.width / region.height], [1.25]);
    }
  }
});
