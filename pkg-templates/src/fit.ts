import type * as wasm from '../wasm/stgan.js';
import { dispose } from './dispose.js';
import { call, type InstanceId, release } from './engine.js';
import { StganError } from './errors.js';
import type { Glasses } from './glasses.js';
import { bands, imageData, type Rect, type SourceImage } from './images.js';
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
 * The parts of a fit.
 *
 * @internal
 */
export interface FitParts {
  instance: InstanceId;
  fit: wasm.Fit;
  photo: SourceImage;
  /** Belongs to the fit. */
  glasses: Glasses;
}

/**
 * Creates a `Fit`, whose constructor is private.
 *
 * @internal
 */
export let createFit: (parts: FitParts) => Fit;

/**
 * The result of `TryOn.fit`: a homography for each update, and the images that follow from them. It
 * owns memory outside the JavaScript heap; call `dispose` (or declare it with `using`) after use.
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
   * The confidence that the glasses are on a face, from 0 to 1; null if there are no updates. It is
   * derived from the size of the last update. Below 0.5 the glasses are probably not on a face. The
   * value is calibrated for fits of at least `model.updates` updates; shorter fits get lower
   * values. It does not distinguish a good fit from one that is slightly off.
   */
  readonly confidence: number | null;
  /**
   * The prepared glasses, whose report says what was found in the image that was passed.
   * Homographies map pixels of `glasses.image`. They are disposed with the fit.
   */
  readonly glasses: Glasses;
  #parts: FitParts | undefined;

  private constructor(parts: FitParts) {
    this.#parts = parts;
    const { instance, fit, glasses } = parts;
    this.glasses = glasses;
    this.initial = call(instance, () => fit.initial());
    this.updates = call(instance, () => fit.updates());
    this.confidence = call(instance, () => fit.confidence()) ?? null;
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
   * `ImageBitmap` that is closed by now.
   *
   * @example
   * ```ts
   * canvas.getContext('2d').putImageData(fit.composite(), 0, 0);
   * const before = fit.composite({ update: 0 }); // the initial placement
   * ```
   */
  composite({ update }: CompositeOptions = {}): ImageData {
    const { parts, rect } = this.#footprint(update);
    const { width, height, colorSpace } = parts.photo;
    const pixels = parts.photo.read({ x: 0, y: 0, width, height });
    if (rect) this.#blend(parts, update, rect, pixels, { x: 0, y: 0, width, height });
    return imageData(pixels, width, height, colorSpace);
  }

  /**
   * Draws the glasses alone, to lay over the photo or a video.
   *
   * @param options - The state to draw; the last one by default.
   * @returns The image and its position, or null if the glasses are outside the photo.
   * @throws {@link StganError} `update` if there is no such update, `degenerate` if the homography
   * maps the glasses through infinity, `disposed` after `dispose`.
   *
   * @example
   * ```ts
   * const overlay = fit.overlay();
   * if (overlay) context.drawImage(await createImageBitmap(overlay.image), overlay.x, overlay.y);
   * ```
   */
  overlay({ update }: CompositeOptions = {}): Overlay | null {
    const { parts, rect } = this.#footprint(update);
    if (!rect) return null;
    const { x, y, width, height } = rect;
    const pixels = this.#draw(parts, update, rect);
    return { x, y, image: imageData(pixels, width, height, parts.photo.colorSpace) };
  }

  /**
   * Frees the memory of this fit. `updates`, `initial`, `homography` and `confidence` stay
   * readable. Further calls have no effect.
   */
  dispose(): void {
    if (!this.#parts) return;
    const { instance, fit, photo, glasses } = this.#parts;
    this.#parts = undefined;
    photo.close();
    glasses.dispose();
    release(instance, fit);
  }

  /** Calls `dispose`; for `using` declarations. */
  [dispose](): void {
    this.dispose();
  }

  /** The part of the photo that the glasses cover; null if they are outside the photo. */
  #footprint(update = this.updates.length): { parts: FitParts; rect: Rect | null } {
    const parts = this.#parts;
    if (!parts) throw new StganError('disposed', 'the fit has been disposed; call fit again');
    if (!Number.isInteger(update) || update < 0 || update > this.updates.length) {
      throw new StganError('update', `update ${update} is out of range (0 to ${this.updates.length})`);
    }
    const rect = call(parts.instance, () => parts.fit.footprint(update)) ?? null;
    return { parts, rect };
  }

  /** Draws the glasses alone in `rect` of the photo. */
  #draw({ instance, fit }: FitParts, update = this.updates.length, rect: Rect): Uint8ClampedArray<ArrayBuffer> {
    const drawBand = ({ x, y, width, height }: Rect): Uint8ClampedArray<ArrayBuffer> =>
      call(instance, () => fit.part(update, x, y, width, height));
    // Most overlays fit into one band, which needs no copy.
    const [first, ...others] = bands(rect);
    if (!others.length) return drawBand(first ?? rect);
    const pixels = new Uint8ClampedArray(rect.width * rect.height * 4);
    for (const band of bands(rect)) pixels.set(drawBand(band), (band.y - rect.y) * rect.width * 4);
    return pixels;
  }

  /**
   * Draws the glasses at `rect` of the photo over `pixels`, which are the part `region` of the
   * photo.
   */
  #blend(
    { instance, fit }: FitParts,
    update = this.updates.length,
    rect: Rect,
    pixels: Uint8ClampedArray,
    region: Rect,
  ): void {
    // Bands limit the memory that wasm needs, because a wasm memory never shrinks.
    for (const band of bands(rect)) {
      const rowBytes = band.width * 4;
      const offset = (row: number): number => ((band.y + row - region.y) * region.width + band.x - region.x) * 4;
      const part = new Uint8Array(rowBytes * band.height);
      for (let row = 0; row < band.height; row++)
        part.set(pixels.subarray(offset(row), offset(row) + rowBytes), row * rowBytes);
      call(instance, () => fit.blend(update, part, band.x, band.y, band.width));
      for (let row = 0; row < band.height; row++)
        pixels.set(part.subarray(row * rowBytes, (row + 1) * rowBytes), offset(row));
    }
  }
}
