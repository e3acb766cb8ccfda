import { expect, test } from '@playwright/test';
import { groundColour, lensPixel, regionAt, touchesBorder, withoutHoles } from '../src/correct.ts';
import { Corrections } from '../src/corrections.ts';

const WHITE = [255, 255, 255, 255];
const BLACK = [20, 20, 20, 255];
const [WIDTH, HEIGHT] = [60, 30];

function image(pixel, width = WIDTH, height = HEIGHT) {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(pixel(x, y), 4 * (y * width + x));
  return { width, height, data };
}

/** A black rectangle with two white holes, on white: the simplest glasses. */
const isHole = (x, y) => y >= 10 && y < 20 && ((x >= 12 && x < 26) || (x >= 34 && x < 48));
const isFront = (x, y) => x >= 8 && x < 52 && y >= 6 && y < 24 && !isHole(x, y);
const glasses = () => image((x, y) => (isFront(x, y) ? BLACK : WHITE));
const at = ({ data, width }, x, y) => [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)];
const alpha = (pixels, x, y) => at(pixels, x, y)[3];

function opened(original = glasses()) {
  const cutOut = { ...original, data: original.data.slice() };
  const changes = [];
  const sheet = { original, cutOut, ground: [255, 255, 255] };
  return { cutOut, changes, corrections: new Corrections(sheet, (box) => changes.push(box)) };
}

test('the ground is the median colour of the border, and white for a transparent border', () => {
  expect(groundColour(image((x) => (x < 5 ? BLACK : [240, 235, 230, 255])))).toEqual([240, 235, 230]);
  expect(groundColour(image(() => [9, 9, 9, 0]))).toEqual([255, 255, 255]);
});

test('a region ends where the colour changes, and reports whether it is enclosed', () => {
  const hole = regionAt(glasses(), 15, 15, 24);
  expect(hole.count).toBe(14 * 10);
  expect(hole.box).toEqual({ x: 12, y: 10, width: 14, height: 10 });
  expect(touchesBorder(hole, glasses())).toBe(false);
  expect(touchesBorder(regionAt(glasses(), 0, 0, 24), glasses())).toBe(true);
  for (const [x, y] of [
    [-1, 3],
    [60, 3],
    [3, Number.NaN],
  ])
    expect(regionAt(glasses(), x, y, 24).count).toBe(0);
});

test('a region follows a gradual change of colour, but not without limit', () => {
  const slope = image((x) => [250 - x, 250 - x, 250 - x, 255]);
  expect(regionAt(slope, 0, 0, 24).count).toBe(WIDTH * HEIGHT);
  expect(regionAt(slope, 0, 0, 8).count).toBeLessThan(WIDTH * HEIGHT);
});

test('transparent pixels of different hidden colours are similar', () => {
  const hidden = image((x) => (x < 30 ? [x * 8, 0, 200, 0] : [255, 255, 255, 255]));
  expect(regionAt(hidden, 0, 0, 10).count).toBe(30 * HEIGHT);
});

test('the holes of a region are filled', () => {
  const printed = image((x, y) => (isFront(x, y) || (x === 15 && y === 14) ? BLACK : WHITE));
  const lens = regionAt(printed, 20, 15, 24);
  expect(lens.count).toBe(139);
  expect(withoutHoles(lens, WIDTH).count).toBe(140);
});

test('a lens is as transparent as the ground allows, and keeps its tint', () => {
  expect(lensPixel([255, 255, 255], [255, 255, 255])[3]).toBe(0);
  expect(lensPixel([252, 252, 252], [255, 255, 255])[3]).toBe(0);
  const [r, g, b, a] = lensPixel([204, 153, 127.5], [255, 255, 255]);
  expect(a).toBe(128);
  expect(b).toBe(0);
  expect(Math.abs(r * 0.5 + 255 * 0.5 - 204)).toBeLessThan(1.5);
  expect(Math.abs(g * 0.5 + 255 * 0.5 - 153)).toBeLessThan(1.5);
  expect(lensPixel([10, 10, 10], [255, 255, 255])[3], 'a dark lens stays see-through').toBeLessThan(220);
  const reflection = lensPixel([255, 255, 255], [200, 200, 200]);
  expect(reflection[3]).toBeGreaterThan(0);
});

test('a click removes the background and nothing else', () => {
  const { cutOut, corrections } = opened();
  expect(corrections.click('background', [2, 2], 24)).toBe('done');
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const expected = isFront(x, y) || isHole(x, y) ? 255 : 0;
      expect(alpha(cutOut, x, y), `${x}, ${y}`).toBe(expected);
    }
  }
  expect(corrections.click('background', [2, 2], 24)).toBe('unchanged');
  expect(corrections.count).toBe(1);
});

test('pixels at the edge of a removed region lose the colour of the background', () => {
  const soft = image((x) => (x < 30 ? WHITE : x === 30 ? [138, 138, 138, 255] : BLACK));
  const { cutOut, corrections } = opened(soft);
  corrections.click('background', [2, 2], 24);
  const [grey, , , share] = at(cutOut, 30, 15);
  expect(Math.abs(share - 127)).toBeLessThan(4);
  expect(Math.abs(grey - 20)).toBeLessThan(4);
  expect(at(cutOut, 31, 15)).toEqual(BLACK);
});

test('a click makes an enclosed lens see-through; an open area is refused', () => {
  const { cutOut, corrections } = opened();
  expect(corrections.click('lens', [2, 2], 24)).toBe('open');
  expect(corrections.click('lens', [20, 15], 24)).toBe('done');
  expect(alpha(cutOut, 20, 15)).toBe(0);
  expect(alpha(cutOut, 40, 15), 'the other lens').toBe(255);
  expect(alpha(cutOut, 9, 15), 'the front').toBe(255);
});

test('the brush removes pixels, and restores those of the product photo', () => {
  const { cutOut, corrections, changes } = opened();
  corrections.begin('background', [10, 15], 4);
  corrections.extend([50, 15], 4);
  expect(corrections.end()).toBe(true);
  for (const x of [10, 30, 50]) expect(alpha(cutOut, x, 15)).toBe(0);
  expect(alpha(cutOut, 30, 6), 'beside the stroke').toBe(255);
  expect(changes.length).toBeGreaterThan(0);
  corrections.begin('front', [30, 15], 3);
  corrections.end();
  expect(at(cutOut, 30, 15)).toEqual(BLACK);
  expect(alpha(cutOut, 10, 15)).toBe(0);
});

test('a stroke does not add up where it crosses itself', () => {
  const { cutOut, corrections } = opened();
  corrections.begin('background', [30, 15], 5);
  const edge = alpha(cutOut, 30, 10);
  expect(edge).toBeGreaterThan(0);
  for (let i = 0; i < 20; i++) corrections.extend([30, 15], 5);
  expect(alpha(cutOut, 30, 10)).toBe(edge);
});

test('corrections are undone one by one, and a cancelled stroke leaves no trace', () => {
  const { cutOut, corrections } = opened();
  const original = glasses().data;
  corrections.click('background', [2, 2], 24);
  const first = cutOut.data.slice();
  corrections.begin('lens', [20, 15], 6);
  corrections.end();
  expect(corrections.undo()).toBe(true);
  expect(cutOut.data).toEqual(first);
  corrections.begin('background', [20, 15], 6);
  corrections.cancel();
  expect(cutOut.data).toEqual(first);
  expect(corrections.undo()).toBe(true);
  expect(cutOut.data).toEqual(original);
  expect(corrections.undo()).toBe(false);
});

test('the history is bounded', () => {
  const { corrections } = opened();
  for (let i = 0; i < 80; i++) {
    corrections.begin(i % 2 ? 'front' : 'background', [30, 15], 3);
    corrections.end();
  }
  let undone = 0;
  while (corrections.undo()) undone++;
  expect(undone).toBe(50);
});

test('strokes outside the image change nothing', () => {
  const { cutOut, corrections } = opened();
  corrections.begin('background', [-40, -40], 5);
  corrections.extend([-40, 90], 5);
  expect(corrections.end()).toBe(false);
  expect(cutOut.data).toEqual(glasses().data);
});
