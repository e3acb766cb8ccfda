import type * as wasm from '../wasm/stgan.js';
import { Decoder } from './decoder.js';
import { dispose } from './dispose.js';
import { call, type Generation, needsModule, release, start } from './engine.js';
import { StganError, wrap } from './errors.js';
import { createFit, type Fit } from './fit.js';
import { bands, type ImageSource, openImage, type Picture } from './images.js';
import { type BytesSource, type Download, type Progress, readBytes } from './load.js';
import { type LocatedFace, Locator } from './locate.js';
import { compile, type WasmSource } from './module.js';
import { checkWhole, MAX_UPDATES, readPlacement } from './options.js';
import { checkOptions, createTrack, type Track, type TrackOptions } from './track.js';
import { type Feed, openFeed, type TrackSource } from './video.js';

export interface CreateOptions {
  /** The wasm module, where it is not the package's own file. */
  wasm?: WasmSource | undefined;
  /** The weights, where they are not the package's own file. */
  weights?: BytesSource | undefined;
  /**
   * The weights that find faces, where they are not the package's own file. They are read when they are first needed: by `locate`,
   * or by `fit` without a placement.
   */
  locator?: BytesSource | undefined;
  /** The wasm module that decodes encoded images where the platform does not (Node), where it is not the package's own file. */
  decoder?: WasmSource | undefined;
  /** Stops the loading. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** Where the user put the frame: what its visible part (the box around all pixels at least 10 % opaque) covers on the photo. */
export interface Placement {
  /** The centre, in photo pixels from the left upper corner. */
  x: number;
  y: number;
  /** The width, in photo pixels. */
  width: number;
  /** In degrees, clockwise; 0 where it is not given. */
  rotation?: number | undefined;
}

export interface FitOptions {
  /** Where the frame is at first; the best of the faces that `locate` finds where none is given. */
  placement?: Placement | undefined;
  /** How many updates to make, 0 to 64; `model.updates` where none is given. */
  updates?: number | undefined;
}

/** What the weights say of themselves. */
export interface Model {
  /** How many generators there are, which make one update after the other. */
  readonly stages: number;
  /** How many updates a fit has where `updates` does not say it; the last generator makes those beyond the number of generators. */
  readonly updates: number;
  /** The side of the square view of the photo that they look at, in pixels. */
  readonly size: number;
  /** The file's own metadata: what it was trained on, and how. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A loaded model, which fits frames on photos. */
export class TryOn {
  readonly model: Model;
  readonly #generation: Generation;
  readonly #decoder: Decoder;
  readonly #locatorSource: BytesSource;
  #locator: Promise<Locator> | undefined;
  #networks: wasm.TryOn | undefined;

  private constructor(generation: Generation, networks: wasm.TryOn, decoder: Decoder, locator: BytesSource) {
    this.#generation = generation;
    this.#networks = networks;
    this.#decoder = decoder;
    this.#locatorSource = locator;
    this.model = call(generation, () => networks.model());
  }

  /**
   * Loads the wasm module and the weights, side by side. Works in pages, in workers and in Node, as often as wanted; all share
   * one wasm module, the first that loaded.
   */
  static async create(options: CreateOptions = {}): Promise<TryOn> {
    const { wasm, weights, locator, decoder, signal, onProgress } = options ?? {};
    // Stops what is still on its way when the caller says so, and when one part fails.
    const stop = new AbortController();
    const download = (phase: Progress['phase']): Download => ({
      signal: stop.signal,
      report: (loaded, total) => onProgress?.(total === undefined ? { phase, loaded } : { phase, loaded, total }),
    });
    let abort = (): void => {};
    try {
      const aborted = new Promise<never>((_, reject) => {
        abort = () => reject(signal?.reason);
        if (signal?.aborted) abort();
        else signal?.addEventListener('abort', abort);
      });
      const loaded = Promise.all([
        needsModule() ? compile(wasm ?? new URL('../wasm/stgan.wasm', import.meta.url), download('wasm')) : undefined,
        readBytes(weights ?? new URL('../weights/glasses.safetensors', import.meta.url), download('weights')),
      ]);
      const [module, tensors] = await Promise.race([loaded, aborted]);
      const generation = await start(module);
      signal?.throwIfAborted();
      const networks = call(generation, (glue) => new glue.TryOn(tensors));
      const finder = locator ?? new URL('../weights/locator.safetensors', import.meta.url);
      return new TryOn(generation, networks, new Decoder(decoder), finder);
    } catch (error) {
      stop.abort();
      if (signal?.aborted) throw new StganError('aborted', 'the loading was aborted', { cause: signal.reason });
      throw wrap(error, 'internal', 'the loading failed');
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Moves a frame from where the user put it to where it belongs. Without a placement it starts on the best of the faces that
   * `locate` finds; where there is none, the error's code is `no-face`.
   */
  async fit(photo: ImageSource, frame: ImageSource, options: FitOptions = {}): Promise<Fit> {
    this.#alive();
    const back = await openImage(photo, 'the photo', this.#decoder);
    try {
      const front = await openImage(frame, 'the frame', this.#decoder);
      try {
        const { placement, updates } = options ?? {};
        return this.#fit(back, front, placement ?? (await this.#best(back)), updates ?? undefined);
      } finally {
        front.close();
      }
    } catch (error) {
      back.close();
      throw error;
    }
  }

  /** Finds the faces of a photo, best first: sure ones, and of those the larger. None is no error. */
  async locate(photo: ImageSource): Promise<LocatedFace[]> {
    this.#alive();
    const picture = await openImage(photo, 'the photo', this.#decoder);
    try {
      const locator = await this.#openLocator();
      this.#alive();
      return locator.locate(picture);
    } finally {
      picture.close();
    }
  }

  /**
   * Keeps a frame on the faces of a video: the camera, a video element, a stream, or pictures as they come. Each picture is looked at
   * when the one before is done; those that come meanwhile are dropped. Resolves when the source is open.
   */
  async track(source: TrackSource, frame: ImageSource, options: TrackOptions = {}): Promise<Track> {
    this.#alive();
    checkOptions(options);
    const open = (image: ImageSource): Promise<Picture> => openImage(image, 'the frame', this.#decoder);
    const [locator, front] = await Promise.all([this.#openLocator(), open(frame)]);
    let tracker: wasm.Tracker;
    try {
      const networks = this.#alive();
      const { width, height } = front;
      const pixels = bytes(front.read({ x: 0, y: 0, width, height }));
      tracker = locator.tracker(
        (glue, finder) => new glue.Tracker(networks, finder, pixels, width, height, options.people ?? 1),
      );
    } finally {
      front.close();
    }
    let feed: Feed | undefined;
    try {
      feed = await openFeed(source);
      const { stages } = this.model;
      return createTrack({ generation: this.#generation, tracker, stages, open }, feed, options);
    } catch (error) {
      feed?.close();
      release(this.#generation, tracker);
      throw error;
    }
  }

  async #best(photo: Picture): Promise<Placement> {
    const locator = await this.#openLocator();
    this.#alive();
    const [best] = locator.locate(photo);
    if (!best)
      throw new StganError('no-face', 'no face was found in the photo: a placement has to say where the frame goes');
    return best.placement;
  }

  /** The locator, read when it is first needed; a failure is not kept. */
  #openLocator(): Promise<Locator> {
    const open = async (): Promise<Locator> => {
      const download: Download = { signal: new AbortController().signal, report: () => {} };
      return new Locator(this.#generation, await readBytes(this.#locatorSource, download));
    };
    this.#locator ??= open().catch((error: unknown) => {
      this.#locator = undefined;
      throw wrap(error, 'internal', 'the locator cannot be loaded');
    });
    return this.#locator;
  }

  #fit(photo: Picture, frame: Picture, placement: Placement, updates: number | undefined): Fit {
    const networks = this.#alive();
    const generation = this.#generation;
    const { x, y, width, rotation } = readPlacement(placement);
    checkWhole('updates', updates, 0, MAX_UPDATES);
    const whole = bytes(frame.read({ x: 0, y: 0, width: frame.width, height: frame.height }));
    const view = call(generation, () => networks.view(photo.width, photo.height, x, y, width, rotation));
    try {
      const rect = call(generation, () => view.rect());
      // Wasm reduces what it is handed at once, and never holds more of the photo than a band.
      for (const band of bands(rect, photo.band)) {
        const rows = bytes(photo.read(band));
        call(generation, () => view.push(rows));
      }
    } catch (error) {
      release(generation, view);
      throw error;
    }
    const fit = call(generation, () => networks.fit(view, whole, frame.width, frame.height, updates));
    return createFit({ generation, fit, photo });
  }

  /** Gives the memory back. Doing so twice does no harm; fits that were made before stay usable. */
  dispose(): void {
    const networks = this.#networks;
    this.#networks = undefined;
    if (networks) release(this.#generation, networks);
    this.#locator?.then((locator) => locator.dispose()).catch(() => {});
    this.#locator = undefined;
  }

  [dispose](): void {
    this.dispose();
  }

  #alive(): wasm.TryOn {
    if (!this.#networks) throw new StganError('disposed', 'the TryOn has been disposed of');
    return this.#networks;
  }
}

const bytes = (pixels: Uint8ClampedArray<ArrayBuffer>): Uint8Array => new Uint8Array(pixels.buffer);
