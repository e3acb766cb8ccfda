import type * as wasm from '../wasm/stgan.js';
import { dispose } from './dispose.js';
import { call, type Generation, release } from './engine.js';
import { StganError, wrap } from './errors.js';
import { type ImageSource, imageData, type Picture, type Rect } from './images.js';
import { reader } from './locate.js';
import { checkWhole, MAX_UPDATES } from './options.js';
import type { Placement } from './tryon.js';
import { blank, type Context, type Feed, type FrameImage, Opener, type Still } from './video.js';

/** A face that is followed, and the frame on it. */
export interface TrackedFace {
  /** The same for as long as the face is followed. */
  readonly id: number;
  readonly placement: Placement & { readonly rotation: number };
  /** From frame pixels to the picture's: 3×3, row by row, the last entry 1. */
  readonly homography: Float64Array;
  /** The lens centres in the picture's pixels, its left one first. */
  readonly lensCentres: readonly [
    { readonly x: number; readonly y: number },
    { readonly x: number; readonly y: number },
  ];
  /** How sure the last look was that a face is there, from 0 to 1. */
  readonly score: number;
}

/** Milliseconds that the parts of the work on one picture took. */
export interface TrackTimes {
  /** Getting pixels out of the picture. */
  readonly read: number;
  /** Looking whether and where faces are. */
  readonly find: number;
  /** Cutting the networks' views, and their updates. */
  readonly fit: number;
  /** Drawing picture and frames on the canvas. */
  readonly draw: number;
}

/** What was found on one picture. */
export interface TrackedFrame {
  readonly width: number;
  readonly height: number;
  /** The picture's time in seconds, of the video's clock or, where it has none, of the page's. */
  readonly time: number;
  /** The longest followed first. */
  readonly faces: readonly TrackedFace[];
  /** How many updates were made for each. */
  readonly updates: number;
  readonly times: TrackTimes;
}

/**
 * - `searching`: no face is followed: none has been found yet, or it was lost
 * - `found`: at least one is
 * - `paused`: the page is hidden
 * - `stopped`: by `stop()`, the end of the source, the signal or an error
 */
export type TrackState = 'searching' | 'found' | 'paused' | 'stopped';

export interface TrackOptions {
  /** Where each picture is drawn with the frames on it; it takes the video's size. */
  canvas?: HTMLCanvasElement | OffscreenCanvas | undefined;
  /** The most faces that are followed, 1 to 16; 1 where it is not given. */
  people?: number | undefined;
  /** How many updates each picture gets; as many as `budget` allows where it is not given, at most one for each generator. */
  updates?: number | undefined;
  /** Milliseconds that a picture may take, drawing included; 28 where it is not given, which is enough for 30 pictures a second. */
  budget?: number | undefined;
  /** Stops the tracking. */
  signal?: AbortSignal | undefined;
  /** Called after each picture. What it throws ends the tracking. */
  onFrame?: ((picture: TrackedFrame) => void) | undefined;
  /** Called at each change of `state`. */
  onState?: ((state: TrackState) => void) | undefined;
}

/**
 * What a track is made of.
 *
 * @internal
 */
export interface TrackParts {
  generation: Generation;
  tracker: wasm.Tracker;
  stages: number;
  open(frame: ImageSource): Promise<Picture>;
}

/**
 * Makes a `Track` and starts it.
 *
 * @internal
 */
export let createTrack: (parts: TrackParts, feed: Feed, options: TrackOptions) => Track;

/** A video whose faces wear a frame. */
export class Track {
  static {
    createTrack = (parts, feed, options) => new Track(parts, feed, options);
  }

  /** Resolves when the tracking has stopped; rejects where an error has stopped it. */
  readonly ended: Promise<void>;
  readonly #options: TrackOptions;
  readonly #feed: Feed;
  readonly #opener = new Opener();
  readonly #output: Context | null;
  #parts: TrackParts | undefined;
  #state: TrackState = 'searching';
  #picture: TrackedFrame | null = null;
  #layer: Context | undefined;
  readonly #pace: Pace;
  /** Ends the wait for the next picture. */
  #stop!: (reason: null) => void;
  #snapshots: { resolve(image: ImageData): void; reject(error: StganError): void }[] = [];

  private constructor(parts: TrackParts, feed: Feed, options: TrackOptions) {
    this.#parts = parts;
    this.#feed = feed;
    this.#options = options;
    this.#output = options.canvas ? contextOf(options.canvas) : null;
    this.#pace = new Pace(parts.stages, options);
    const stopped = new Promise<null>((resolve) => (this.#stop = resolve));
    this.ended = this.#run(stopped);
    // Whoever does not ask for the end is not told of it twice.
    this.ended.catch(() => {});
  }

  get state(): TrackState {
    return this.#state;
  }

  /** The last picture's; empty while no face is followed. */
  get faces(): readonly TrackedFace[] {
    return this.#picture?.faces ?? [];
  }

  /** Another frame, from the next picture on. Faces stay found. */
  async setGlasses(frame: ImageSource): Promise<void> {
    const { open } = this.#alive();
    const picture = await open(frame);
    try {
      const { generation, tracker } = this.#alive();
      const { width, height } = picture;
      const pixels = picture.read({ x: 0, y: 0, width, height });
      call(generation, () => tracker.setGlasses(new Uint8Array(pixels.buffer), width, height));
    } finally {
      picture.close();
    }
  }

  /** The next picture at its own size, with the frames on it. */
  snapshot(): Promise<ImageData> {
    this.#alive();
    return new Promise((resolve, reject) => this.#snapshots.push({ resolve, reject }));
  }

  /** Ends the tracking and gives everything back; a camera that it opened goes off. Doing so twice does no harm. */
  stop(): void {
    if (!this.#parts) return;
    const { generation, tracker } = this.#parts;
    this.#parts = undefined;
    this.#stop(null);
    this.#feed.close();
    const error = new StganError('disposed', 'the tracking has been stopped');
    for (const { reject } of this.#snapshots.splice(0)) reject(error);
    release(generation, tracker);
    this.#change('stopped');
  }

  [dispose](): void {
    this.stop();
  }

  #alive(): TrackParts {
    if (!this.#parts) throw new StganError('disposed', 'the tracking has been stopped');
    return this.#parts;
  }

  #change(state: TrackState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }

  async #run(stopped: Promise<null>): Promise<void> {
    const { signal } = this.#options;
    const abort = (): void => this.stop();
    const hide = (): void =>
      document.hidden ? this.#change('paused') : this.#change(this.faces.length ? 'found' : 'searching');
    const page = typeof document === 'undefined' ? null : document;
    signal?.addEventListener('abort', abort);
    page?.addEventListener('visibilitychange', hide);
    try {
      // Whoever made the track has it in hand before anything happens.
      await null;
      if (signal?.aborted) return;
      for (;;) {
        const picture = await Promise.race([this.#feed.next(), stopped]);
        if (!picture) return;
        this.#see(picture);
      }
    } catch (error) {
      throw wrap(error, 'internal', 'the tracking failed');
    } finally {
      signal?.removeEventListener('abort', abort);
      page?.removeEventListener('visibilitychange', hide);
      this.stop();
    }
  }

  #see(picture: FrameImage): void {
    // One that came while the tracking was being stopped.
    if (!this.#parts) {
      close(picture);
      return;
    }
    const still = this.#opener.open(picture);
    try {
      this.#picture = this.#follow(this.#parts, still);
      this.#change(this.#picture.faces.length ? 'found' : 'searching');
      for (const snapshot of this.#snapshots.splice(0)) this.#settle(snapshot, still);
      this.#options.onFrame?.(this.#picture);
    } finally {
      still.close();
    }
  }

  #follow({ generation, tracker }: TrackParts, still: Still): TrackedFrame {
    const { width, height } = still;
    const time = still.time ?? performance.now() / 1000;
    const updates = this.#pace.updates;
    const read = reader(generation, still);
    const reads: { from: number; to: number }[] = [];
    const start = performance.now();
    const faces = call(generation, () =>
      tracker.advance(width, height, time, updates, (...part) => {
        const from = performance.now();
        const pixels = read(...part);
        reads.push({ from, to: performance.now() });
        return pixels;
      }),
    );
    const found = performance.now();
    if (this.#output) this.#draw(this.#output, still, faces.length);
    const end = performance.now();
    // The last reads are those of the fits, one for each face.
    const begin = reads.at(-Math.max(faces.length, 1))?.from ?? found;
    const reading = (from: number, to: number): number =>
      reads.reduce((sum, part) => sum + (part.from >= from && part.to <= to ? part.to - part.from : 0), 0);
    const fitting = faces.length > 0 ? begin : found;
    const times = {
      read: reading(start, found),
      find: fitting - start - reading(start, fitting),
      fit: found - fitting - reading(fitting, found),
      draw: end - found,
    };
    if (faces.length > 0) this.#pace.note(times);
    return { width, height, time, faces, updates, times };
  }

  #draw(context: Context, still: Still, faces: number): void {
    const { canvas } = context;
    if (canvas.width !== still.width) canvas.width = still.width;
    if (canvas.height !== still.height) canvas.height = still.height;
    still.draw(context);
    for (let index = 0; index < faces; index++) {
      const patch = this.#overlay(index);
      if (!patch) continue;
      const { rect, pixels } = patch;
      // Through a canvas of its own: pixels that are put replace what is there, those that are drawn lie over it.
      this.#layer ??= blank({ willReadFrequently: true });
      const layer = this.#layer;
      if (layer.canvas.width < rect.width) layer.canvas.width = rect.width;
      if (layer.canvas.height < rect.height) layer.canvas.height = rect.height;
      layer.putImageData(imageData(pixels, rect.width, rect.height, 'srgb'), 0, 0);
      context.drawImage(layer.canvas, 0, 0, rect.width, rect.height, rect.x, rect.y, rect.width, rect.height);
    }
  }

  /** A frame alone, and where it goes; null where it lies off the picture. */
  #overlay(index: number): { rect: Rect; pixels: Uint8ClampedArray<ArrayBuffer> } | null {
    const { generation, tracker } = this.#alive();
    const rect = call(generation, () => tracker.footprint(index));
    if (!rect) return null;
    const { x, y, width, height } = rect;
    return { rect, pixels: call(generation, () => tracker.part(index, x, y, width, height)) };
  }

  #settle(
    { resolve, reject }: { resolve(image: ImageData): void; reject(error: StganError): void },
    still: Still,
  ): void {
    try {
      const { generation, tracker } = this.#alive();
      const { width, height, colorSpace } = still;
      const pixels = still.read({ x: 0, y: 0, width, height });
      const bytes = new Uint8Array(pixels.buffer);
      for (let index = 0; index < this.faces.length; index++)
        call(generation, () => tracker.blend(index, bytes, 0, 0, width));
      resolve(imageData(pixels, width, height, colorSpace));
    } catch (error) {
      reject(wrap(error, 'internal', 'the snapshot failed'));
    }
  }
}

/** How many updates a picture gets: as many as fit into the time that one may take. */
class Pace {
  readonly #most: number;
  readonly #fixed: boolean;
  readonly #budget: number;
  /** Milliseconds, averaged since `updates` last changed: of a picture, and of its fits. */
  #all = 0;
  #fit = 0;
  #count = 0;
  updates: number;

  constructor(stages: number, { updates, budget = 28 }: TrackOptions) {
    this.#most = stages;
    this.#fixed = updates !== undefined;
    this.#budget = budget;
    this.updates = updates ?? stages;
  }

  note({ read, find, fit, draw }: TrackTimes): void {
    if (this.#fixed) return;
    // The mean at first, then one that forgets.
    const share = Math.max(1 / ++this.#count, 0.1);
    this.#all += share * (read + find + fit + draw - this.#all);
    this.#fit += share * (fit - this.#fit);
    if (this.#count < PATIENCE) return;
    // An update is less than its share of the fits, which have other work too: what is added with room to spare is not taken back.
    if (this.#all > this.#budget && this.updates > 1) this.#change(-1);
    else if (this.#all + this.#fit / this.updates < this.#budget && this.updates < this.#most) this.#change(1);
  }

  #change(by: number): void {
    this.updates += by;
    this.#all = this.#fit = this.#count = 0;
  }
}

/** Pictures before the number of updates changes. */
const PATIENCE = 8;

function contextOf(canvas: HTMLCanvasElement | OffscreenCanvas): Context {
  const context = canvas.getContext('2d', { alpha: false }) as Context | null;
  if (!context) throw new StganError('argument', 'the canvas has no 2D context: it is used otherwise');
  return context;
}

function close(picture: FrameImage): void {
  if ('close' in picture) picture.close();
}

/**
 * Checks what is said about a track.
 *
 * @internal
 */
export function checkOptions({ people, updates, budget, signal }: TrackOptions): void {
  if (signal?.aborted)
    throw new StganError('aborted', 'the tracking was aborted before it began', { cause: signal.reason });
  checkWhole('people', people, 1, 16);
  checkWhole('updates', updates, 1, MAX_UPDATES);
  if (budget !== undefined && !(budget > 0))
    throw new StganError('argument', `budget is ${budget}: milliseconds, more than 0, are expected`);
}
