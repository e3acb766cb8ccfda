import { dispose } from './dispose.js';
import { call, type InstanceId } from './engine.js';
import { StganError } from './errors.js';
import { type Glasses, imageOf } from './glasses.js';
import { bands, imageData, type Rect, type SourceImage } from './images.js';
import { requireMemory } from './memory.js';
import { checkBoolean, describe, readOptions } from './options.js';
import type { ImageData } from './platform.js';

/** One update of a fit: one generator's correction of the homography. */
export interface Update {
  /**
   * Δp, the generator's output: the change of the eight sl(3) parameters, in the normalised
   * coordinates of the network's view ([−1, 1] from the first to the last pixel centre, y down).
   */
  readonly delta: Float64Array;
  /** p, the eight sl(3) parameters after this update, in the same coordinates as `delta`. */
  readonly params: Float64Array;
  /**
   * The homography after this update. It maps pixels of `glasses.image` to pixels of the photo:
   * 3×3, row by row, its last entry is 1. Both images have their origin at the top-left corner; the
   * first pixel's centre is (0.5, 0.5).
   */
  readonly homography: Float64Array;
}

/** Selects a state of a fit. */
export interface CompositeOptions {
  /**
   * The number of updates to apply, an integer from 0 (the initial placement) to
   * `fit.updates.length`.
   *
   * @defaultValue `fit.updates.length`, the state after the last update
   */
  update?: number | undefined;
  /**
   * Whether to draw a soft contact shadow on the floor below a piece of furniture. It follows from
   * the silhouette of the piece.
   *
   * @defaultValue `false`
   */
  shadow?: boolean | undefined;
}

/** An image of the warped glasses, and its position on the photo. */
export interface Overlay {
  /** The left edge of `image` in pixels of the photo, an integer from 0. */
  x: number;
  /** The top edge of `image` in pixels of the photo, an integer from 0. */
  y: number;
  /** The warped glasses, transparent around them, at the resolution of the photo. */
  image: ImageData;
}

/**
 * The parts of a fit. None of them has memory in wasm that another fit with the same glasses does
 * not share.
 *
 * @internal
 */
export interface FitParts {
  instance: InstanceId;
  initial: Float64Array;
  updates: readonly Update[];
  confidence: number | null;
  photo: SourceImage;
  /** Belongs to the fit. */
  glasses: Glasses;
}

/** Where and how glasses are drawn on the photo. */
interface Drawing {
  parts: FitParts;
  homography: Float64Array;
  shadow: boolean;
  /** The part of the photo that the drawing covers; null if it is outside the photo. */
  rect: Rect | null;
}

/**
 * Creates a `Fit`, whose constructor is private.
 *
 * @internal
 */
export let createFit: (parts: FitParts) => Fit;

/**
 * The result of `TryOn.fit`: a homography for each update, and the images that follow from them. It
 * keeps the photo and the glasses; call `dispose` (or declare it with `using`) after use to free
 * them at once.
 */
export class Fit {
  static {
    createFit = (parts) => new Fit(parts);
  }

  /** The updates in the order in which they were applied. */
  readonly updates: readonly Update[];
  /** The homography of the initial placement, in the form of `Update.homography`. */
  readonly initial: Float64Array;
  /**
   * The confidence that the glasses are on a face, from 0 to 1; null if there are no updates, and
   * for furniture. It is
   * derived from the size of the last update. Below 0.5 the glasses are probably not on a face. The
   * value is calibrated for fits of at least `model.updates` updates; shorter fits get lower
   * values. It does not distinguish a good fit from one that is slightly off.
   */
  readonly confidence: number | null;
  /**
   * The prepared glasses, whose report says what was found in the image that was passed.
   * Homographies map pixels of `glasses.image`. They are disposed with the fit. For furniture this
   * is the image that was passed, and its report and lens centres have no meaning.
   */
  readonly glasses: Glasses;
  #parts: FitParts | undefined;
  /** Copies of the homographies of all states, which the caller cannot change. */
  readonly #homographies: readonly Float64Array[];

  private constructor(parts: FitParts) {
    if (!parts) throw new StganError('argument', 'a Fit is created by TryOn.fit');
    const { initial, updates, confidence, glasses } = parts;
    this.#parts = parts;
    this.glasses = glasses;
    this.initial = initial;
    this.updates = updates;
    this.confidence = confidence;
    this.#homographies = [initial, ...updates.map(({ homography }) => homography)].map((h) => h.slice());
  }

  /** The homography after the last update, in the form of `Update.homography`. */
  get homography(): Float64Array {
    return this.updates.at(-1)?.homography ?? this.initial;
  }

  /**
   * Draws the glasses on a copy of the photo. Pixels outside the glasses are identical to the
   * photo's.
   *
   * @param options - The state to draw; the last one by default.
   * @returns An image of the photo's size and colour space. In Node it is a plain object
   * `{ data, width, height, colorSpace }`.
   * @throws {@link StganError} `update` if there is no such update, `degenerate` if the homography
   * maps the glasses through infinity, `disposed` after `dispose` or if the photo was an
   * `ImageBitmap` or a buffer that is closed or transferred by now, `out-of-memory`.
   *
   * @example
   * ```ts
   * canvas.getContext('2d').putImageData(fit.composite(), 0, 0);
   * const before = fit.composite({ update: 0 }); // the initial placement
   * ```
   */
  composite(options: CompositeOptions = {}): ImageData {
    const drawing = this.#drawing(options);
    const { width, height, colorSpace } = drawing.parts.photo;
    const pixels = drawing.parts.photo.read({ x: 0, y: 0, width, height });
    if (drawing.rect) this.#blend(drawing, drawing.rect, pixels, width);
    return imageData(pixels, width, height, colorSpace);
  }

  /**
   * Draws the glasses alone, to lay over the photo or a video.
   *
   * @param options - The state to draw; the last one by default.
   * @returns The image and its position, or null if the glasses are outside the photo.
   * @throws {@link StganError} `update` if there is no such update, `degenerate` if the homography
   * maps the glasses through infinity, `disposed` after `dispose`, `out-of-memory`.
   *
   * @example
   * ```ts
   * const overlay = fit.overlay();
   * if (overlay) context.drawImage(await createImageBitmap(overlay.image), overlay.x, overlay.y);
   * ```
   */
  overlay(options: CompositeOptions = {}): Overlay | null {
    const drawing = this.#drawing(options);
    const { rect } = drawing;
    if (!rect) return null;
    const { x, y, width, height } = rect;
    return { x, y, image: imageData(this.#draw(drawing, rect), width, height, drawing.parts.photo.colorSpace) };
  }

  /**
   * Frees the photo and the glasses. `updates`, `initial`, `homography` and `confidence` stay
   * readable. Further calls have no effect.
   */
  dispose(): void {
    if (!this.#parts) return;
    const { photo, glasses } = this.#parts;
    this.#parts = undefined;
    photo.close();
    glasses.dispose();
  }

  /** Calls `dispose`; for `using` declarations. */
  [dispose](): void {
    this.dispose();
  }

  #drawing(options: CompositeOptions): Drawing {
    const { update = this.updates.length, shadow = false } = readOptions(options, ['update', 'shadow']);
    checkBoolean('shadow', shadow);
    const parts = this.#parts;
    if (!parts) throw new StganError('disposed', 'the fit has been disposed; call fit again');
    const homography = Number.isInteger(update) ? this.#homographies[update] : undefined;
    if (!homography)
      throw new StganError('update', `update ${describe(update)} is out of range (0 to ${this.updates.length})`);
    const { instance, glasses, photo } = parts;
    const handle = call(instance, () => imageOf(glasses, instance, photo.colorSpace).handle());
    const rect = call(instance, () => handle.footprint(homography, photo.width, photo.height, shadow)) ?? null;
    return { parts, homography, shadow, rect };
  }

  /** Draws the glasses alone in `rect` of the photo. */
  #draw({ parts, homography, shadow }: Drawing, rect: Rect): Uint8ClampedArray<ArrayBuffer> {
    const { instance, glasses, photo } = parts;
    const drawBand = ({ x, y, width, height }: Rect): Uint8ClampedArray<ArrayBuffer> => {
      requireMemory(instance, 4 * width * height, 'the overlay');
      const handle = imageOf(glasses, instance, photo.colorSpace).handle();
      return call(instance, () => handle.part(homography, x, y, width, height, shadow));
    };
    // Most overlays fit into one band, which needs no copy.
    const [first, ...others] = bands(rect);
    if (!others.length) return drawBand(first ?? rect);
    const pixels = new Uint8ClampedArray(rect.width * rect.height * 4);
    for (const band of bands(rect)) pixels.set(drawBand(band), (band.y - rect.y) * rect.width * 4);
    return pixels;
  }

  /**
   * Draws the glasses at `rect` of the photo over `pixels`, the photo, which is `rowLength` wide.
   */
  #blend({ parts, homography, shadow }: Drawing, rect: Rect, pixels: Uint8ClampedArray, rowLength: number): void {
    const { instance, glasses, photo } = parts;
    // Bands limit the memory that wasm needs, because a wasm memory never shrinks.
    for (const band of bands(rect)) {
      const rowBytes = band.width * 4;
      const offset = (row: number): number => ((band.y + row) * rowLength + band.x) * 4;
      const part = new Uint8Array(rowBytes * band.height);
      for (let row = 0; row < band.height; row++)
        part.set(pixels.subarray(offset(row), offset(row) + rowBytes), row * rowBytes);
      requireMemory(instance, part.length, 'the composite');
      const handle = imageOf(glasses, instance, photo.colorSpace).handle();
      call(instance, () => handle.blend(homography, part, band.x, band.y, band.width, shadow));
      for (let row = 0; row < band.height; row++)
        pixels.set(part.subarray(row * rowBytes, (row + 1) * rowBytes), offset(row));
    }
  }
}
