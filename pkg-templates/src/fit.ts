import type * as wasm from '../wasm/stgan.js';
import { dispose } from './dispose.js';
import { call, type Generation, release } from './engine.js';
import { StganError } from './errors.js';
import { bands, imageData, type Picture, type Rect } from './images.js';

/** What one update changed. */
export interface Update {
  /** The change of the eight sl(3) parameters. */
  readonly delta: Float64Array;
  /** The parameters after the change. */
  readonly params: Float64Array;
  /**
   * The homography from frame pixels to photo pixels after the change: 3×3, row by row, the last entry 1, (0, 0) at the upper
   * left corner of the upper left pixel.
   */
  readonly homography: Float64Array;
}

/** Which state of a fit is wanted: 0 as placed, `n` after `n` updates; the last where none is given. */
export interface CompositeOptions {
  update?: number | undefined;
}

/** The frame by itself: what to draw over the photo, and where its left upper corner goes. */
export interface Overlay {
  x: number;
  y: number;
  image: ImageData;
}

/**
 * What a fit is made of.
 *
 * @internal
 */
export interface Parts {
  generation: Generation;
  fit: wasm.Fit;
  photo: Picture;
}

/**
 * Makes a `Fit`.
 *
 * @internal
 */
export let createFit: (parts: Parts) => Fit;

/** The updates that the generators made, and the pictures that they give. */
export class Fit {
  static {
    createFit = (parts) => new Fit(parts);
  }

  /** In order. */
  readonly updates: readonly Update[];
  /** The homography as placed, before the first update. */
  readonly initial: Float64Array;
  /**
   * How sure it is that the frame sits on a face, 0 to 1: from 0.5 on it rather does. It follows from how little the last update moved the
   * frame, and means what it says for fits of at least as many updates as `model.updates`; shorter ones get less. It tells fits that
   * found no face from others, not well-placed frames from slightly misplaced ones. Null without any update.
   */
  readonly confidence: number | null;
  #parts: Parts | undefined;

  private constructor(parts: Parts) {
    this.#parts = parts;
    const { generation, fit } = parts;
    this.initial = call(generation, () => fit.initial());
    this.updates = call(generation, () => fit.updates());
    this.confidence = call(generation, () => fit.confidence()) ?? null;
  }

  /** The homography after the last update. */
  get homography(): Float64Array {
    return this.updates.at(-1)?.homography ?? this.initial;
  }

  /** The photo with the frame on it, at the photo's own size. Pixels that the frame does not touch are the photo's. */
  composite({ update }: CompositeOptions = {}): ImageData {
    const { parts, rect } = this.#locate(update);
    const { width, height, colorSpace } = parts.photo;
    const pixels = parts.photo.read({ x: 0, y: 0, width, height });
    if (rect) this.#blend(parts, update, rect, pixels, { x: 0, y: 0, width, height });
    return imageData(pixels, width, height, colorSpace);
  }

  /** The frame alone, for layers and video; null where it lies off the photo. */
  overlay({ update }: CompositeOptions = {}): Overlay | null {
    const { parts, rect } = this.#locate(update);
    if (!rect) return null;
    const { x, y, width, height } = rect;
    const pixels = this.#draw(parts, update, rect);
    return { x, y, image: imageData(pixels, width, height, parts.photo.colorSpace) };
  }

  /** Gives the memory back. Doing so twice does no harm; the numbers stay readable. */
  dispose(): void {
    if (!this.#parts) return;
    const { generation, fit, photo } = this.#parts;
    this.#parts = undefined;
    photo.close();
    release(generation, fit);
  }

  [dispose](): void {
    this.dispose();
  }

  #locate(update = this.updates.length): { parts: Parts; rect: Rect | null } {
    const parts = this.#parts;
    if (!parts) throw new StganError('disposed', 'the fit has been disposed of');
    if (!Number.isInteger(update) || update < 0 || update > this.updates.length) {
      throw new StganError('update', `update ${update} is out of range (0 to ${this.updates.length})`);
    }
    const rect = call(parts.generation, () => parts.fit.footprint(update)) ?? null;
    return { parts, rect };
  }

  /** The frame by itself at `rect` of the photo. */
  #draw({ generation, fit }: Parts, update = this.updates.length, rect: Rect): Uint8ClampedArray<ArrayBuffer> {
    const draw = ({ x, y, width, height }: Rect): Uint8ClampedArray<ArrayBuffer> =>
      call(generation, () => fit.part(update, x, y, width, height));
    // In bands, as below, and without a copy where one is enough.
    const [first, ...others] = bands(rect);
    if (!others.length) return draw(first ?? rect);
    const pixels = new Uint8ClampedArray(rect.width * rect.height * 4);
    for (const band of bands(rect)) pixels.set(draw(band), (band.y - rect.y) * rect.width * 4);
    return pixels;
  }

  /** Draws the frame at `rect` of the photo over `pixels`, which hold the photo's part `place`. */
  #blend(
    { generation, fit }: Parts,
    update = this.updates.length,
    rect: Rect,
    pixels: Uint8ClampedArray,
    place: Rect,
  ): void {
    // Bands keep what wasm holds at a time small, however large the frame is on the photo.
    for (const band of bands(rect)) {
      const row = band.width * 4;
      const start = (y: number): number => ((band.y + y - place.y) * place.width + band.x - place.x) * 4;
      const part = new Uint8Array(row * band.height);
      for (let y = 0; y < band.height; y++) part.set(pixels.subarray(start(y), start(y) + row), y * row);
      call(generation, () => fit.blend(update, part, band.x, band.y, band.width));
      for (let y = 0; y < band.height; y++) pixels.set(part.subarray(y * row, (y + 1) * row), start(y));
    }
  }
}
