/** Corrections of one cut-out, with a bounded history to undo them. */
import {
  apply,
  openLens,
  type Part,
  regionAt,
  removeRegion,
  type Sheet,
  stroke,
  touchesBorder,
  withoutHoles,
} from './correct.ts';
import type { Box, Point } from './geometry.ts';

/** Bounds on the history: corrections, and bytes of pixels from before them. */
const [MAX_CORRECTIONS, MAX_BYTES] = [50, 64_000_000];

/** The pixels of a box from before a correction. */
interface Patch {
  readonly box: Box;
  readonly data: Uint8ClampedArray;
}

interface Stroke {
  readonly part: Part;
  readonly before: Uint8ClampedArray;
  readonly coverage: Uint8Array;
  last: Point;
  box: Box;
}

/**
 * - `done`: the cut-out has changed
 * - `unchanged`: the pixels already were as requested
 * - `open`: the region is not enclosed, so it is no lens
 */
export type ClickResult = 'done' | 'unchanged' | 'open';

export class Corrections {
  readonly sheet: Sheet;
  readonly #changed: (box: Box) => void;
  readonly #history: Patch[] = [];
  #bytes = 0;
  #stroke: Stroke | null = null;
  #count = 0;

  /** Calls `changed` with each box of the cut-out that changes. */
  constructor(sheet: Sheet, changed: (box: Box) => void) {
    this.sheet = sheet;
    this.#changed = changed;
  }

  get canUndo(): boolean {
    return this.#history.length > 0;
  }

  /** Number of corrections that have not been undone. */
  get count(): number {
    return this.#count;
  }

  /** Removes the region of similar colour around a point, or makes it see-through. */
  click(part: 'background' | 'lens', [x, y]: Point, tolerance: number): ClickResult {
    const { original, cutOut } = this.sheet;
    let region = regionAt(original, x, y, tolerance);
    if (region.count === 0) return 'unchanged';
    if (part === 'lens') {
      if (touchesBorder(region, original)) return 'open';
      region = withoutHoles(region, original.width);
    }
    const before = cutOut.data.slice();
    const box = part === 'lens' ? openLens(this.sheet, region) : removeRegion(this.sheet, region);
    return this.#record(before, box) ? 'done' : 'unchanged';
  }

  /** Begins a brush stroke with a dab. */
  begin(part: Part, at: Point, radius: number): void {
    this.end();
    const { data, width, height } = this.sheet.cutOut;
    const box = { x: Math.floor(at[0]), y: Math.floor(at[1]), width: 0, height: 0 };
    this.#stroke = { part, before: data.slice(), coverage: new Uint8Array(width * height), last: at, box };
    this.extend(at, radius);
  }

  /** Continues the brush stroke to a point. Without a stroke it has no effect. */
  extend(to: Point, radius: number): void {
    const current = this.#stroke;
    if (!current) return;
    const box = stroke(current.coverage, this.sheet.cutOut, current.last, to, radius);
    apply(this.sheet, current.part, current.before, current.coverage, box);
    current.last = to;
    current.box = union(current.box, box);
    this.#changed(box);
  }

  /** Ends the brush stroke. Returns whether it has changed pixels. */
  end(): boolean {
    const current = this.#stroke;
    this.#stroke = null;
    return current !== null && this.#record(current.before, current.box);
  }

  /** Ends the brush stroke and takes it back. */
  cancel(): void {
    const current = this.#stroke;
    this.#stroke = null;
    if (current) this.#restore({ box: current.box, data: crop(current.before, this.sheet.cutOut.width, current.box) });
  }

  /** Takes back the last correction. Returns whether there was one. */
  undo(): boolean {
    this.end();
    const patch = this.#history.pop();
    if (!patch) return false;
    this.#bytes -= patch.data.length;
    this.#count--;
    this.#restore(patch);
    return true;
  }

  #restore({ box, data }: Patch): void {
    const { cutOut } = this.sheet;
    for (let y = 0; y < box.height; y++) {
      const row = data.subarray(4 * y * box.width, 4 * (y + 1) * box.width);
      cutOut.data.set(row, 4 * ((box.y + y) * cutOut.width + box.x));
    }
    this.#changed(box);
  }

  /** Adds a correction to the history, unless no pixel in the box has changed. */
  #record(before: Uint8ClampedArray, box: Box): boolean {
    const { data, width } = this.sheet.cutOut;
    const [old, now] = [crop(before, width, box), crop(data, width, box)];
    if (old.every((value, i) => value === now[i])) return false;
    this.#history.push({ box, data: old });
    this.#bytes += old.length;
    this.#count++;
    while (this.#history.length > MAX_CORRECTIONS || (this.#bytes > MAX_BYTES && this.#history.length > 1)) {
      this.#bytes -= this.#history.shift()!.data.length;
    }
    this.#changed(box);
    return true;
  }
}

function crop(data: Uint8ClampedArray, width: number, box: Box): Uint8ClampedArray {
  const cropped = new Uint8ClampedArray(4 * box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const at = 4 * ((box.y + y) * width + box.x);
    cropped.set(data.subarray(at, at + 4 * box.width), 4 * y * box.width);
  }
  return cropped;
}

function union(a: Box, b: Box): Box {
  if (a.width === 0 || a.height === 0) return b;
  if (b.width === 0 || b.height === 0) return a;
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}
