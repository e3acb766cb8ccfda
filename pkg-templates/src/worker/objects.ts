import { dispose } from '../dispose.js';
import { StganError } from '../errors.js';
import type { CompositeOptions, Overlay, Update } from '../fit.js';
import type { GlassesReport } from '../glasses.js';
import type { Rect } from '../images.js';
import type { Point } from '../locate.js';
import type { ImageData } from '../platform.js';
import type { Connection } from './connection.js';
import type { FitInfo, GlassesInfo, Handle } from './protocol.js';
import { received } from './transfer.js';

/**
 * Creates a `WorkerGlasses`, whose constructor is private.
 *
 * @internal
 */
export let createGlasses: (connection: Connection, info: GlassesInfo) => WorkerGlasses;

/**
 * The handle of a `WorkerGlasses` in the worker of `connection`.
 *
 * @internal
 * @throws {@link StganError} `disposed`, or `argument` if it belongs to another worker.
 */
export let handleOf: (glasses: WorkerGlasses, connection: Connection) => Handle;

/**
 * `Glasses` whose pixels are in a worker. It owns memory of the worker; call `dispose` (or declare
 * it with `using`) after use.
 */
export class WorkerGlasses {
  static {
    createGlasses = (connection, info) => new WorkerGlasses(connection, info);
    handleOf = (glasses, connection) => {
      if (glasses.#isDisposed) throw new StganError('disposed', 'the glasses have been disposed; prepare them again');
      if (glasses.#connection === connection) return glasses.#handle;
      throw new StganError('argument', 'the glasses belong to another worker; prepare them with this TryOn');
    };
  }

  /** The result of the analysis of the product photo. */
  readonly report: GlassesReport;
  /** The box of the visible pixels of `image`, which are those at least 10 % opaque. */
  readonly bounds: Readonly<Rect>;
  /** The lens centres in pixels of `image`; the first is the one further left. */
  readonly lensCentres: readonly [Point, Point];
  /** The homography from pixels of `image` to pixels of the product photo, row by row. */
  readonly toSource: Float64Array;
  /** The real width of the glasses in millimetres, as the caller stated it. */
  readonly widthMm: number | undefined;
  readonly #connection: Connection;
  readonly #handle: Handle;
  #image: Promise<ImageData> | undefined;
  #isDisposed = false;

  private constructor(connection: Connection, info: GlassesInfo) {
    this.#connection = connection;
    this.#handle = info.handle;
    this.report = info.report;
    this.bounds = info.bounds;
    this.lensCentres = info.lensCentres;
    this.toSource = info.toSource;
    this.widthMm = info.widthMm;
  }

  /**
   * A promise of the glasses with a transparent background. It rejects with `disposed` if it is
   * first read after `dispose`.
   */
  get image(): Promise<ImageData> {
    this.#image ??= this.#readImage();
    return this.#image;
  }

  /**
   * Frees the memory. Fits and tracks of these glasses stay usable, and the other properties stay
   * readable. Further calls have no effect.
   */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#connection.release(this.#handle);
  }

  /** Calls `dispose`; for `using` declarations. */
  [dispose](): void {
    this.dispose();
  }

  async #readImage(): Promise<ImageData> {
    return received(await this.#connection.request('image', { glasses: handleOf(this, this.#connection) }));
  }
}

/**
 * Creates a `WorkerFit`, whose constructor is private.
 *
 * @internal
 */
export let createFit: (connection: Connection, info: FitInfo) => WorkerFit;

/**
 * A `Fit` whose images are drawn in a worker. It owns memory of the worker; call `dispose` (or
 * declare it with `using`) after use.
 */
export class WorkerFit {
  static {
    createFit = (connection, info) => new WorkerFit(connection, info);
  }

  /** The updates in the order in which they were applied. */
  readonly updates: readonly Update[];
  /** The homography of the initial placement, in the form of `Update.homography`. */
  readonly initial: Float64Array;
  /** The confidence that the glasses are on a face, as of `Fit.confidence`. */
  readonly confidence: number | null;
  /** The prepared glasses. They are disposed with the fit. */
  readonly glasses: WorkerGlasses;
  readonly #connection: Connection;
  readonly #handle: Handle;
  #isDisposed = false;

  private constructor(connection: Connection, info: FitInfo) {
    this.#connection = connection;
    this.#handle = info.handle;
    this.updates = info.updates;
    this.initial = info.initial;
    this.confidence = info.confidence;
    this.glasses = createGlasses(connection, info.glasses);
  }

  /** The homography after the last update, in the form of `Update.homography`. */
  get homography(): Float64Array {
    return this.updates.at(-1)?.homography ?? this.initial;
  }

  /**
   * Draws the glasses on a copy of the photo, as `Fit.composite`.
   *
   * @throws {@link StganError} as `Fit.composite`; `worker` or `disposed` if the worker has ended.
   */
  async composite({ update, shadow }: CompositeOptions = {}): Promise<ImageData> {
    return received(await this.#connection.request('composite', { fit: this.#requireHandle(), update, shadow }));
  }

  /**
   * Draws the glasses alone, as `Fit.overlay`.
   *
   * @throws {@link StganError} as `Fit.overlay`; `worker` or `disposed` if the worker has ended.
   */
  async overlay({ update, shadow }: CompositeOptions = {}): Promise<Overlay | null> {
    const overlay = await this.#connection.request('overlay', { fit: this.#requireHandle(), update, shadow });
    return overlay && { ...overlay, image: received(overlay.image) };
  }

  /** Frees the memory; the numbers stay readable. Further calls have no effect. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.glasses.dispose();
    this.#connection.release(this.#handle);
  }

  /** Calls `dispose`; for `using` declarations. */
  [dispose](): void {
    this.dispose();
  }

  #requireHandle(): Handle {
    if (this.#isDisposed) throw new StganError('disposed', 'the fit has been disposed; call fit again');
    return this.#handle;
  }
}
