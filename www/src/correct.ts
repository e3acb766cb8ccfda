/**
 * Corrections of a cut-out: regions of similar colour, brush strokes and lenses, as functions of
 * pixels.
 */
import type { Box } from './geometry.ts';

/** RGBA pixels, as in `ImageData`. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

export type Colour = readonly [number, number, number];

/** A cut-out with the product photo that it comes from, pixel on pixel. */
export interface Sheet {
  readonly original: Pixels;
  readonly cutOut: Pixels;
  /** The colour of the background. */
  readonly ground: Colour;
}

/** What a brush or a click turns pixels into. */
export type Part = 'background' | 'front' | 'lens';

/** Connected pixels of similar colour. */
export interface Region {
  /** 1 for each pixel of the region, row by row. */
  readonly mask: Uint8Array;
  readonly count: number;
  readonly box: Box;
}

/** Limit on the opacity of a lens that the user has marked, so that marking it always shows. */
const MAX_LENS_ALPHA = 0.8;
/** Opacity below which a lens pixel is noise of the background. */
const MIN_LENS_ALPHA = 0.02;
/** Width in pixels of the soft edge between a removed region and the rest. */
const EDGE = 2;

/**
 * The median colour along the border of an image. It is white if most of the border is transparent.
 */
export function groundColour({ data, width, height }: Pixels): Colour {
  const channels: [number[], number[], number[]] = [[], [], []];
  const add = (x: number, y: number): void => {
    const at = 4 * (y * width + x);
    if (data[at + 3]! >= 128) for (const c of [0, 1, 2] as const) channels[c].push(data[at + c]!);
  };
  for (let x = 0; x < width; x++) for (const y of [0, height - 1]) add(x, y);
  for (let y = 1; y < height - 1; y++) for (const x of [0, width - 1]) add(x, y);
  if (channels[0].length < width + height - 2) return [255, 255, 255];
  return channels.map((values) => values.sort((a, b) => a - b)[values.length >> 1]!) as unknown as Colour;
}

/**
 * The largest difference of two pixels in a channel, 0 to 255. Colours count by their opacity.
 * `a` and `b` are offsets in `data`.
 */
function difference(data: Uint8ClampedArray, a: number, b: number): number {
  const [alphaA, alphaB] = [data[a + 3]!, data[b + 3]!];
  let largest = Math.abs(alphaA - alphaB);
  for (let c = 0; c < 3; c++) {
    const distance = Math.abs(data[a + c]! * alphaA - data[b + c]! * alphaB) / 255;
    if (distance > largest) largest = distance;
  }
  return largest;
}

/**
 * The region around (x, y) whose colours differ from the colour there by at most `tolerance`, 0 to
 * 255 per channel. Where colours change gradually, the region continues up to two and a half times
 * that difference. Points outside the image give an empty region.
 */
export function regionAt(image: Pixels, x: number, y: number, tolerance: number): Region {
  const { data, width, height } = image;
  const mask = new Uint8Array(width * height);
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (!(column >= 0 && row >= 0 && column < width && row < height)) return regionOf(mask, width);
  const seed = row * width + column;
  const step = Math.max(2, tolerance / 8);
  const pending = [seed];
  mask[seed] = 1;
  const visit = (from: number, to: number): void => {
    if (mask[to]) return;
    const distance = difference(data, 4 * seed, 4 * to);
    if (distance > tolerance && !(distance <= 2.5 * tolerance && difference(data, 4 * from, 4 * to) <= step)) return;
    mask[to] = 1;
    pending.push(to);
  };
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const left = at % width;
    if (left > 0) visit(at, at - 1);
    if (left < width - 1) visit(at, at + 1);
    if (at >= width) visit(at, at - width);
    if (at < mask.length - width) visit(at, at + width);
  }
  return regionOf(mask, width);
}

function regionOf(mask: Uint8Array, width: number): Region {
  let [left, top, right, bottom, count] = [width, Number.POSITIVE_INFINITY, -1, -1, 0];
  for (let at = 0, y = 0; at < mask.length; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (!mask[at]) continue;
      count++;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  const box =
    count === 0
      ? { x: 0, y: 0, width: 0, height: 0 }
      : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
  return { mask, count, box };
}

/** Whether a region reaches the border of an image of this size. */
export function touchesBorder({ box, count }: Region, { width, height }: { width: number; height: number }): boolean {
  return count > 0 && (box.x === 0 || box.y === 0 || box.x + box.width === width || box.y + box.height === height);
}

/** The region with its holes filled: everything that it encloses. */
export function withoutHoles({ mask, box }: Region, width: number): Region {
  // Pixels from which the border of the box is reached without crossing the region.
  const outside = new Uint8Array(mask.length);
  const pending: number[] = [];
  const visit = (x: number, y: number): void => {
    if (x < box.x || y < box.y || x >= box.x + box.width || y >= box.y + box.height) return;
    const at = y * width + x;
    if (mask[at] || outside[at]) return;
    outside[at] = 1;
    pending.push(at);
  };
  for (let x = box.x; x < box.x + box.width; x++) for (const y of [box.y, box.y + box.height - 1]) visit(x, y);
  for (let y = box.y; y < box.y + box.height; y++) for (const x of [box.x, box.x + box.width - 1]) visit(x, y);
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const [x, y] = [at % width, Math.floor(at / width)];
    visit(x - 1, y);
    visit(x + 1, y);
    visit(x, y - 1);
    visit(x, y + 1);
  }
  const filled = new Uint8Array(mask.length);
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let x = box.x; x < box.x + box.width; x++) filled[y * width + x] = outside[y * width + x] ? 0 : 1;
  }
  return regionOf(filled, width);
}

/** The box grown by `by` pixels on each side, within an image of this size. */
export function grown(box: Box, by: number, { width, height }: { width: number; height: number }): Box {
  const [x, y] = [Math.max(0, box.x - by), Math.max(0, box.y - by)];
  return {
    x,
    y,
    width: Math.max(0, Math.min(width, box.x + box.width + by) - x),
    height: Math.max(0, Math.min(height, box.y + box.height + by) - y),
  };
}

/**
 * The colour and alpha, 0 to 255, of a lens through which the ground is seen as `colour`. It is as
 * transparent as the ground allows: a lens that looks like the ground is invisible.
 */
export function lensPixel(colour: Colour, ground: Colour): [number, number, number, number] {
  let alpha = 0;
  for (const c of [0, 1, 2] as const) {
    const change = colour[c] - ground[c];
    alpha = Math.max(alpha, change < 0 ? -change / ground[c] : change / Math.max(1, 255 - ground[c]));
  }
  if (alpha < MIN_LENS_ALPHA) return [...colour, 0];
  const own = (c: 0 | 1 | 2): number =>
    Math.min(255, Math.max(0, Math.round(ground[c] + (colour[c] - ground[c]) / alpha)));
  return [own(0), own(1), own(2), Math.round(255 * Math.min(alpha, MAX_LENS_ALPHA))];
}

/** Writes the pixel that a part has at the offset `at` to `into`. */
function partPixel({ original, cutOut, ground }: Sheet, part: Part, at: number, into: number[]): void {
  const { data } = part === 'background' ? cutOut : original;
  const alpha = data[at + 3]!;
  for (let c = 0; c < 4; c++) into[c] = data[at + c]!;
  if (part === 'background') into[3] = 0;
  if (part !== 'lens') return;
  const over = (c: 0 | 1 | 2): number => (data[at + c]! * alpha + ground[c] * (255 - alpha)) / 255;
  const lens = lensPixel([over(0), over(1), over(2)], ground);
  for (let c = 0; c < 4; c++) into[c] = lens[c]!;
}

/**
 * Turns pixels of the cut-out inside `box` into a part. `before` has the cut-out’s data from before
 * the change, and `coverage` the share of each pixel that changes, 0 to 255.
 */
export function apply(sheet: Sheet, part: Part, before: Uint8ClampedArray, coverage: Uint8Array, box: Box): void {
  const { data, width } = sheet.cutOut;
  const target = [0, 0, 0, 0];
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let x = box.x; x < box.x + box.width; x++) {
      const share = coverage[y * width + x]! / 255;
      if (share === 0) continue;
      const at = 4 * (y * width + x);
      partPixel(sheet, part, at, target);
      const [from, to] = [before[at + 3]! * (1 - share), target[3]! * share];
      const alpha = from + to;
      // Colours are mixed by their opacity. Removed pixels keep theirs.
      if (alpha > 0) {
        for (let c = 0; c < 3; c++) data[at + c] = Math.round((before[at + c]! * from + target[c]! * to) / alpha);
      }
      data[at + 3] = Math.round(alpha);
    }
  }
}

/**
 * Raises `coverage` along a brush stroke from one point to another, with a soft edge. Returns the
 * box that the stroke covers.
 */
export function stroke(
  coverage: Uint8Array,
  size: { width: number; height: number },
  from: readonly [number, number],
  to: readonly [number, number],
  radius: number,
): Box {
  const soft = Math.max(1, radius * 0.3);
  const reach = radius + soft / 2;
  const [left, top] = [Math.floor(Math.min(from[0], to[0])), Math.floor(Math.min(from[1], to[1]))];
  const [right, bottom] = [Math.ceil(Math.max(from[0], to[0])), Math.ceil(Math.max(from[1], to[1]))];
  const box = grown({ x: left, y: top, width: right - left, height: bottom - top }, Math.ceil(reach), size);
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let x = box.x; x < box.x + box.width; x++) {
      const [px, py] = [x + 0.5 - from[0], y + 0.5 - from[1]];
      const along = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const distance = Math.hypot(px - along * dx, py - along * dy);
      const share = Math.round(255 * Math.min(1, Math.max(0, (reach - distance) / soft)));
      const at = y * size.width + x;
      if (share > coverage[at]!) coverage[at] = share;
    }
  }
  return box;
}

/** Makes a region of the cut-out see-through, with a soft edge. Returns the box that changes. */
export function openLens(sheet: Sheet, region: Region): Box {
  const { width, height, data } = sheet.cutOut;
  const box = grown(region.box, 1, sheet.cutOut);
  const coverage = new Uint8Array(width * height);
  forEachNear(region, box, 1, width, (at, inside) => {
    coverage[at] = inside ? 255 : 128;
  });
  apply(sheet, 'lens', data.slice(), coverage, box);
  return box;
}

/**
 * Removes a region from the cut-out. Pixels at its edge keep the share and the colour that do not
 * belong to the background. Returns the box that changes.
 */
export function removeRegion(sheet: Sheet, region: Region): Box {
  const { original, cutOut } = sheet;
  const { data, width } = cutOut;
  const box = grown(region.box, EDGE, cutOut);
  const reach = grown(box, EDGE, cutOut);
  forEachNear(region, box, EDGE, width, (at, inside, nearest) => {
    if (inside) {
      data[4 * at + 3] = 0;
      return;
    }
    // The share of the front: the difference from the background beside it, relative to the largest
    // difference nearby.
    const own = difference(original.data, 4 * nearest, 4 * at);
    let largest = own;
    const [column, row] = [at % width, Math.floor(at / width)];
    for (let y = Math.max(reach.y, row - EDGE); y <= Math.min(reach.y + reach.height - 1, row + EDGE); y++) {
      for (let x = Math.max(reach.x, column - EDGE); x <= Math.min(reach.x + reach.width - 1, column + EDGE); x++) {
        largest = Math.max(largest, difference(original.data, 4 * nearest, 4 * (y * width + x)));
      }
    }
    const share = largest === 0 ? 0 : own / largest;
    if (share * original.data[4 * at + 3]! >= data[4 * at + 3]!) return;
    for (let c = 0; c < 3; c++) {
      const behind = original.data[4 * nearest + c]!;
      if (share > 0) data[4 * at + c] = Math.round(behind + (original.data[4 * at + c]! - behind) / share);
    }
    data[4 * at + 3] = Math.round(share * original.data[4 * at + 3]!);
  });
  return box;
}

/**
 * Calls `visit` for each pixel of the box that is in the region or at most `distance` pixels from
 * it, with the nearest pixel of the region. The box extends the region by at most that distance.
 */
function forEachNear(
  { mask }: Region,
  box: Box,
  distance: number,
  width: number,
  visit: (at: number, inside: boolean, nearest: number) => void,
): void {
  const [right, bottom] = [box.x + box.width, box.y + box.height];
  const nearest = new Int32Array(mask.length).fill(-1);
  const squared = (x: number, y: number, from: number): number =>
    (x - (from % width)) ** 2 + (y - Math.floor(from / width)) ** 2;
  const spread = (x: number, y: number, at: number): void => {
    for (let v = Math.max(box.y, y - distance); v < Math.min(bottom, y + distance + 1); v++) {
      for (let u = Math.max(box.x, x - distance); u < Math.min(right, x + distance + 1); u++) {
        const to = v * width + u;
        if (mask[to]) continue;
        const known = nearest[to]!;
        if (known < 0 || squared(u, v, at) < squared(u, v, known)) nearest[to] = at;
      }
    }
  };
  for (let y = box.y; y < bottom; y++) {
    for (let x = box.x, at = y * width + x; x < right; x++, at++) {
      const edge = mask[at] && !(mask[at - 1] && mask[at + 1] && mask[at - width] && mask[at + width]);
      if (edge) spread(x, y, at);
    }
  }
  for (let y = box.y; y < bottom; y++) {
    for (let x = box.x, at = y * width + x; x < right; x++, at++) {
      if (mask[at]) visit(at, true, at);
      else if (nearest[at]! >= 0) visit(at, false, nearest[at]!);
    }
  }
}
