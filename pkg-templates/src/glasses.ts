import { dispose } from './dispose.js';
import type { InstanceId } from './engine.js';
import { StganError } from './errors.js';
import { type ImageSource, imageData, type Rect } from './images.js';
import type { Point } from './locate.js';
import type { AbortSignal, ImageData, PredefinedColorSpace, URL } from './platform.js';
import type { PreparedImage } from './prepared.js';

/**
 * A property of a product photo that its owner may want to know.
 *
 * - `opaque-background`: the image has no transparency and was used as it is, so it covers the
 *   face as a rectangle.
 * - `specks-removed`: pixels away from the glasses were removed.
 * - `veil-removed`: a nearly transparent veil around the glasses was removed.
 * - `lenses-opened`: opaque white lenses were made transparent.
 * - `arms-removed`: temple arms were removed.
 * - `straightened`: the glasses were rotated to be level.
 * - `low-resolution`: the glasses are less than 300 pixels wide and look soft on a large photo.
 * - `uncertain`: the result may be wrong; show it to a person before it is used.
 */
export type GlassesWarning =
  | 'opaque-background'
  | 'specks-removed'
  | 'veil-removed'
  | 'lenses-opened'
  | 'arms-removed'
  | 'straightened'
  | 'low-resolution'
  | 'uncertain';

/** The result of the analysis of a product photo. */
export interface GlassesReport {
  /**
   * `untouched`: the pixels are those of the product photo. `cleaned`: the background was
   * transparent, and some pixels were changed, as the warnings say. `cut-out`: the background was
   * removed.
   */
  readonly kind: 'untouched' | 'cleaned' | 'cut-out';
  /** The kind of the lenses. */
  readonly lenses: 'clear' | 'tinted' | 'mirrored' | 'opaque';
  /** The certainty of the result, from 0 to 1. It is 1 unless the background was removed. */
  readonly confidence: number;
  /** Each warning at most once. */
  readonly warnings: readonly GlassesWarning[];
}

/**
 * Glasses that were prepared before: an entry of the manifest that `stgan glasses` writes. The
 * image is used as it is.
 */
export interface PreparedGlasses {
  /** The image with a transparent background, or its URL. */
  readonly image: ImageSource | string | URL;
  /** The report of the preparation. */
  readonly report?: GlassesReport | undefined;
  /** The box of the visible pixels. It is measured again; the entry's value is not used. */
  readonly bounds?: Readonly<Rect> | undefined;
  /** The lens centres in pixels of the image, the left one first. */
  readonly lensCentres?: readonly [Point, Point] | undefined;
  /** The width of the image in pixels, to detect an image of another version. */
  readonly width?: number | undefined;
  /** The height of the image in pixels, to detect an image of another version. */
  readonly height?: number | undefined;
  /** The hash of the image file. It is not checked. */
  readonly sha256?: string | undefined;
  /** The real width of the glasses in millimetres, as of {@link GlassesOptions.widthMm}. */
  readonly widthMm?: number | undefined;
}

/** Options of `TryOn.glasses`. */
export interface GlassesOptions {
  /**
   * Whether to remove the background. `'auto'` removes it if the image is opaque, or if it shows
   * more than the front of the glasses, such as arms or a shadow. `'never'` keeps the alpha of the
   * image. `'always'` removes all that is not the front, whatever the alpha.
   *
   * @defaultValue `'auto'`
   */
  cutOut?: 'auto' | 'never' | 'always' | undefined;
  /**
   * The real width of the front in millimetres, from 90 to 200. Fits and tracks then show the
   * glasses as wide as they are on the face, whose pupils they assume to be
   * `FitOptions.pupilDistanceMm` apart.
   *
   * @defaultValue unknown: the width is the one that the networks fit
   */
  widthMm?: number | undefined;
  /** Cancels the preparation when it is aborted. */
  signal?: AbortSignal | undefined;
}

/**
 * The parts of a `Glasses`. The report and the lens centres replace those of the image.
 *
 * @internal
 */
export interface GlassesParts {
  image: PreparedImage;
  widthMm?: number | undefined;
  report?: GlassesReport | undefined;
  lensCentres?: readonly [Point, Point] | undefined;
}

/**
 * Creates a `Glasses`, whose constructor is private.
 *
 * @internal
 */
export let createGlasses: (parts: GlassesParts) => Glasses;

/**
 * Another `Glasses` with the same pixels; each is disposed on its own.
 *
 * @internal
 * @throws {@link StganError} as `imageOf`.
 */
export let shareGlasses: (glasses: Glasses, instance: InstanceId, widthMm?: number) => Glasses;

/**
 * The image of a `Glasses` in its own or another colour space, for use in `instance`.
 *
 * @internal
 * @throws {@link StganError} `disposed`, or `argument` if it belongs to an instance that crashed.
 */
export let imageOf: (glasses: Glasses, instance: InstanceId, colorSpace?: PredefinedColorSpace) => PreparedImage;

/**
 * Frees the memory of glasses that were collected and not disposed of. Cloudflare Workers of
 * earlier dates have no such registry.
 */
const collected =
  typeof FinalizationRegistry === 'function'
    ? new FinalizationRegistry<PreparedImage>((image) => {
        try {
          image.release();
        } catch {
          // The instance has crashed. The next call of its objects says so.
        }
      })
    : undefined;

/**
 * A pair of glasses, prepared by `TryOn.glasses` for any number of fits and tracks. It owns memory
 * outside the JavaScript heap; call `dispose` (or declare it with `using`) after use.
 */
export class Glasses {
  static {
    createGlasses = (parts) => new Glasses(parts);
    shareGlasses = (glasses, instance, widthMm = glasses.widthMm) => {
      const { report, lensCentres } = glasses;
      return new Glasses({ image: imageOf(glasses, instance), widthMm, report, lensCentres });
    };
    imageOf = (glasses, instance, colorSpace) => {
      const prepared = glasses.#requirePrepared();
      if (prepared.instance === instance) return colorSpace ? prepared.inColours(colorSpace) : prepared;
      throw new StganError('argument', 'the glasses belong to a wasm instance that crashed; prepare them again');
    };
  }

  /** The result of the analysis of the product photo. */
  readonly report: GlassesReport;
  /** The box of the visible pixels of `image`, which are those at least 10 % opaque. */
  readonly bounds: Readonly<Rect>;
  /** The lens centres in pixels of `image`; the first is the one further left. */
  readonly lensCentres: readonly [Point, Point];
  /**
   * Maps pixels of `image` to pixels of the product photo: 3×3, row by row, its last entry is 1. It
   * is the identity unless the background was removed.
   */
  readonly toSource: Float64Array;
  /** The real width of the glasses in millimetres, as the caller stated it. */
  readonly widthMm: number | undefined;
  #prepared: PreparedImage | undefined;
  #image: ImageData | undefined;

  private constructor(parts: GlassesParts) {
    if (!parts) throw new StganError('argument', 'a Glasses is created by TryOn.glasses');
    const { image, widthMm, report, lensCentres } = parts;
    this.report = report ?? image.findings.report;
    this.bounds = { ...image.findings.bounds };
    this.lensCentres = lensCentres ?? image.findings.lensCentres;
    this.toSource = image.findings.toSource.slice();
    this.widthMm = widthMm;
    this.#prepared = image.retain();
    collected?.register(this, image, this);
  }

  /**
   * The glasses with a transparent background, for example to show them or to save them as a PNG.
   * Homographies map pixels of this image. In Node it is a plain object
   * `{ data, width, height, colorSpace }`. Changes to it have no effect on fits.
   *
   * @throws {@link StganError} `disposed` if it is first read after `dispose`.
   */
  get image(): ImageData {
    if (this.#image) return this.#image;
    const prepared = this.#requirePrepared();
    this.#image = imageData(prepared.pixels(), prepared.width, prepared.height, prepared.colorSpace);
    return this.#image;
  }

  /**
   * Frees the memory. Fits and tracks of these glasses stay usable, and the other properties stay
   * readable. Further calls have no effect.
   */
  dispose(): void {
    const prepared = this.#prepared;
    if (!prepared) return;
    this.#prepared = undefined;
    collected?.unregister(this);
    prepared.release();
  }

  /** Calls `dispose`; for `using` declarations. */
  [dispose](): void {
    this.dispose();
  }

  #requirePrepared(): PreparedImage {
    if (!this.#prepared) throw new StganError('disposed', 'the glasses have been disposed; prepare them again');
    return this.#prepared;
  }
}
