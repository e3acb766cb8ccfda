import type * as wasm from '../wasm/stgan.js';
import { type Context2D, outputContext } from './canvas.js';
import { convertColours } from './colour-spaces.js';
import { dispose } from './dispose.js';
import { call, type InstanceId, release } from './engine.js';
import { StganError, wrap } from './errors.js';
import { createScratch, type FrameImage, FrameOpener, type ReadableFrame } from './frame-images.js';
import type { FrameSource } from './frame-sources.js';
import { type Glasses, imageOf } from './glasses.js';
import { type ImageSource, imageData, type Rect } from './images.js';
import { imageReader } from './locate.js';
import { UpdatePacer } from './pacing.js';
import type { HTMLCanvasElement, ImageData, OffscreenCanvas } from './platform.js';
import type { TrackedFace, TrackedFrame, TrackOptions, TrackState } from './track-types.js';

/**
 * The parts of a track.
 *
 * @internal
 */
export interface TrackParts {
  instance: InstanceId;
  tracker: wasm.Tracker;
  /** The number of generators. */
  stages: number;
  /** Belongs to the track. */
  glasses: Glasses;
  openGlasses(glasses: ImageSource | Glasses): Promise<Glasses>;
}

/** The functions of the promise that `snapshot` returned. */
interface PendingSnapshot {
  resolve(image: ImageData): void;
  reject(error: StganError): void;
}

/**
 * Creates a `Track`, whose constructor is private, and starts it.
 *
 * @internal
 */
export let createTrack: (parts: TrackParts, source: FrameSource, options: TrackOptions) => Track;

/**
 * Keeps glasses on the faces of a video. Created by `TryOn.track`. It owns memory outside the
 * JavaScript heap and possibly the camera; call `stop` (or declare it with `using`) after use.
 */
export class Track {
  static {
    createTrack = (parts, source, options) => new Track(parts, source, options);
  }

  /**
   * Resolves when tracking has stopped. Rejects with a {@link StganError} if an error stopped it,
   * for example `video`, `unsupported-image`, `image-size`, or `callback` for an exception in
   * `onFrame` or `onState`.
   */
  readonly ended: Promise<void>;
  readonly #options: TrackOptions;
  readonly #source: FrameSource;
  readonly #opener = new FrameOpener();
  readonly #output: Context2D | null;
  readonly #pacer: UpdatePacer;
  #parts: TrackParts | undefined;
  #glasses: Glasses;
  /** The number of calls of `setGlasses`, and the one whose glasses are shown. */
  #requests = 0;
  #shown = 0;
  #state: TrackState = 'searching';
  #lastFrame: TrackedFrame | null = null;
  #glassesLayer: Context2D | undefined;
  /** Ends the wait for the next video frame. */
  #interrupt!: (value: null) => void;
  #pendingSnapshots: PendingSnapshot[] = [];
  /** The first error, which rejects `ended`. */
  #failure: StganError | undefined;

  private constructor(parts: TrackParts, source: FrameSource, options: TrackOptions) {
    if (!parts) throw new StganError('argument', 'a Track is created by TryOn.track');
    this.#parts = parts;
    this.#glasses = parts.glasses;
    this.#source = source;
    this.#options = options;
    this.#output = options.canvas ? openCanvas(options.canvas) : null;
    this.#pacer = new UpdatePacer(parts.stages, options);
    const interrupted = new Promise<null>((resolve) => (this.#interrupt = resolve));
    this.ended = this.#run(interrupted).then(() => {
      if (this.#failure) throw this.#failure;
    });
    // Avoid an unhandled rejection if `ended` is not awaited.
    this.ended.catch(() => {});
  }

  /** The current state. */
  get state(): TrackState {
    return this.#state;
  }

  /** The faces of the last video frame; empty while no face is tracked. */
  get faces(): readonly TrackedFace[] {
    return this.#lastFrame?.faces ?? [];
  }

  /**
   * The prepared glasses, whose report says what was found in the image that was passed. They are
   * disposed when they are replaced and when tracking stops.
   */
  get glasses(): Glasses {
    return this.#glasses;
  }

  /**
   * Replaces the glasses, from the next video frame on. Faces stay tracked. If calls overlap, the
   * glasses of the last one stay.
   *
   * @param glasses - Prepared glasses, or an image of them as in `TryOn.fit`.
   * @throws {@link StganError} `disposed` after `stop`, and the errors of `TryOn.fit` for the
   * glasses.
   */
  async setGlasses(glasses: ImageSource | Glasses): Promise<void> {
    const { openGlasses } = this.#requireParts();
    const order = ++this.#requests;
    let next = await openGlasses(glasses);
    try {
      const { instance, tracker } = this.#requireParts();
      if (order < this.#shown) return;
      const handle = imageOf(next, instance, 'srgb').handle();
      const { widthMm } = next;
      call(instance, () => {
        tracker.setGlasses(handle);
        tracker.setRealWidth(widthMm, this.#options.pupilDistanceMm);
      });
      this.#shown = order;
      [this.#glasses, next] = [next, this.#glasses];
    } finally {
      next.dispose();
    }
  }

  /**
   * Returns the next video frame with the glasses on it, at the video's own size.
   *
   * @throws {@link StganError} `disposed` after `stop`. The promise rejects with `disposed` if
   * tracking stops before the next video frame.
   */
  snapshot(): Promise<ImageData> {
    this.#requireParts();
    return new Promise((resolve, reject) => this.#pendingSnapshots.push({ resolve, reject }));
  }

  /**
   * Stops tracking, frees the memory and closes the camera if `track` opened it. Further calls have
   * no effect.
   */
  stop(): void {
    if (!this.#parts) return;
    const { instance, tracker } = this.#parts;
    this.#parts = undefined;
    this.#interrupt(null);
    this.#source.close();
    const error = new StganError('disposed', 'tracking has stopped; call track again');
    for (const { reject } of this.#pendingSnapshots.splice(0)) reject(error);
    release(instance, tracker);
    this.#glasses.dispose();
    this.#setState('stopped');
  }

  /** Calls `stop`; for `using` declarations. */
  [dispose](): void {
    this.stop();
  }

  #requireParts(): TrackParts {
    if (!this.#parts) throw new StganError('disposed', 'tracking has stopped; call track again');
    return this.#parts;
  }

  #setState(state: TrackState): void {
    if (state === this.#state) return;
    this.#state = state;
    try {
      this.#options.onState?.(state);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Stops tracking; `ended` rejects with the first error. */
  #fail(error: unknown): void {
    this.#failure ??= wrap(error, 'internal', 'tracking failed');
    this.stop();
  }

  async #run(interrupted: Promise<null>): Promise<void> {
    const { signal } = this.#options;
    const abort = (): void => this.stop();
    const updateVisibility = (): void =>
      document.hidden ? this.#setState('paused') : this.#setState(this.faces.length ? 'found' : 'searching');
    const page = typeof document === 'undefined' ? null : document;
    signal?.addEventListener('abort', abort);
    page?.addEventListener('visibilitychange', updateVisibility);
    try {
      // Callbacks run only after the caller has received the Track.
      await null;
      if (signal?.aborted) return;
      for (;;) {
        const frame = await Promise.race([this.#nextFrame(), interrupted]);
        if (!frame) return;
        this.#processFrame(frame);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      signal?.removeEventListener('abort', abort);
      page?.removeEventListener('visibilitychange', updateVisibility);
      this.stop();
    }
  }

  async #nextFrame(): Promise<FrameImage | null> {
    try {
      return await this.#source.next();
    } catch (error) {
      throw wrap(error, 'video', 'the source of video frames failed');
    }
  }

  #processFrame(image: FrameImage): void {
    // The video frame arrived while tracking was being stopped.
    if (!this.#parts) {
      closeImage(image);
      return;
    }
    const frame = this.#opener.open(image);
    try {
      this.#lastFrame = this.#advance(this.#parts, frame);
      this.#setState(this.#lastFrame.faces.length ? 'found' : 'searching');
      for (const snapshot of this.#pendingSnapshots.splice(0)) this.#fulfil(snapshot, frame);
      this.#options.onFrame?.(this.#lastFrame);
    } finally {
      frame.close();
    }
  }

  /** Tracks the faces in the next video frame, draws it and measures the times. */
  #advance({ instance, tracker }: TrackParts, frame: ReadableFrame): TrackedFrame {
    const { width, height } = frame;
    const time = frame.time ?? performance.now() / 1000;
    const updates = this.#pacer.updates;
    const read = imageReader(instance, frame);
    const reads: { start: number; end: number }[] = [];
    const started = performance.now();
    const faces = call(instance, () =>
      tracker.advance(width, height, time, updates, (...part) => {
        const start = performance.now();
        const pixels = read(...part);
        reads.push({ start, end: performance.now() });
        return pixels;
      }),
    );
    const tracked = performance.now();
    if (this.#output) this.#draw(this.#output, frame, faces.length);
    const drawn = performance.now();
    // The last read of each face belongs to its fit, and all fits come after all detections.
    const fitStarted = faces.length > 0 ? (reads.at(-faces.length)?.start ?? tracked) : tracked;
    const readTime = (from: number, to: number): number =>
      reads.reduce((sum, { start, end }) => sum + (start >= from && end <= to ? end - start : 0), 0);
    const times = {
      read: readTime(started, tracked),
      detect: fitStarted - started - readTime(started, fitStarted),
      fit: tracked - fitStarted - readTime(fitStarted, tracked),
      draw: drawn - tracked,
    };
    if (faces.length > 0) this.#pacer.record(times);
    return { width, height, time, faces, updates, times };
  }

  /** Draws the video frame and the glasses of its faces on the output canvas. */
  #draw(context: Context2D, frame: ReadableFrame, faceCount: number): void {
    const { canvas } = context;
    if (canvas.width !== frame.width) canvas.width = frame.width;
    if (canvas.height !== frame.height) canvas.height = frame.height;
    frame.draw(context);
    for (let index = 0; index < faceCount; index++) {
      const overlay = this.#overlay(index);
      if (!overlay) continue;
      const { rect, pixels } = overlay;
      // putImageData replaces pixels; drawing from a second canvas blends them.
      this.#glassesLayer ??= createScratch({ willReadFrequently: true });
      const layer = this.#glassesLayer;
      if (layer.canvas.width < rect.width) layer.canvas.width = rect.width;
      if (layer.canvas.height < rect.height) layer.canvas.height = rect.height;
      layer.putImageData(imageData(pixels, rect.width, rect.height, 'srgb'), 0, 0);
      context.drawImage(layer.canvas, 0, 0, rect.width, rect.height, rect.x, rect.y, rect.width, rect.height);
    }
  }

  /** The glasses of one face and their position; null if they are outside the video frame. */
  #overlay(index: number): { rect: Rect; pixels: Uint8ClampedArray<ArrayBuffer> } | null {
    const { instance, tracker } = this.#requireParts();
    const rect = call(instance, () => tracker.footprint(index));
    if (!rect) return null;
    const { x, y, width, height } = rect;
    return { rect, pixels: call(instance, () => tracker.part(index, x, y, width, height)) };
  }

  /** Resolves a snapshot with `frame`, or rejects it. */
  #fulfil({ resolve, reject }: PendingSnapshot, frame: ReadableFrame): void {
    try {
      const { instance, tracker } = this.#requireParts();
      const { width, height } = frame;
      const pixels = frame.read({ x: 0, y: 0, width, height });
      const bytes = new Uint8Array(pixels.buffer);
      if (frame.colorSpace !== 'srgb') convertColours(bytes, 'srgb');
      for (let index = 0; index < this.faces.length; index++)
        call(instance, () => tracker.blend(index, bytes, 0, 0, width));
      resolve(imageData(pixels, width, height, 'srgb'));
    } catch (error) {
      reject(wrap(error, 'internal', 'the snapshot failed'));
    }
  }
}

function openCanvas(canvas: HTMLCanvasElement | OffscreenCanvas): Context2D {
  let cause: unknown;
  try {
    const context = outputContext(canvas);
    if (context) return context;
  } catch (error) {
    cause = error;
  }
  const message = 'the canvas has no 2D context; pass a canvas whose context has not been requested elsewhere';
  throw new StganError('argument', message, { cause });
}

function closeImage(image: FrameImage): void {
  if ('close' in Object(image)) (image as ImageBitmap).close();
}
