import type { BytesSource, Progress } from './load.js';
import type { Point } from './locate.js';
import type { WasmSource } from './module.js';
import type { AbortSignal } from './platform.js';

/**
 * What a `TryOn` composites: glasses on faces, or furniture in rooms. For `room`, `fit` needs a
 * placement, and `glasses`, `locate` and `track` are refused with the code `task`.
 */
export type Task = 'glasses' | 'room';

/** Options of `TryOn.create`. */
export interface CreateOptions {
  /**
   * What to composite.
   *
   * @defaultValue `'glasses'`
   */
  task?: Task | undefined;
  /**
   * The wasm module. It is used only if no earlier `TryOn` in this page, worker or process has
   * loaded one.
   *
   * @defaultValue `stgan/wasm/stgan.wasm` of this package
   */
  wasm?: WasmSource | undefined;
  /**
   * The weights of the generators, which are for the task.
   *
   * @defaultValue `stgan/weights/glasses.safetensors` of this package, or
   * `stgan/weights/room.safetensors` for the task `room`
   */
  weights?: BytesSource | undefined;
  /**
   * The weights of the face locator. They are loaded by the first call of `locate` or `track`, or
   * of `fit` without a placement.
   *
   * @defaultValue `stgan/weights/locator.safetensors` of this package
   */
  locator?: BytesSource | undefined;
  /**
   * The weights of the network that removes the background of product photos. They are loaded with
   * the first one that needs it.
   *
   * @defaultValue `stgan/weights/cutout.safetensors` of this package
   */
  cutOut?: BytesSource | undefined;
  /**
   * The wasm module that decodes image files on platforms without a canvas (Node, Deno,
   * Cloudflare Workers). It is loaded with the first image file.
   *
   * @defaultValue `stgan/wasm/decoder.wasm` of this package
   */
  decoder?: WasmSource | undefined;
  /**
   * Whether to keep the package's own files in the Cache API, by the hash of their content. What is
   * read from there is verified, and a damaged file is downloaded again. Downloads are stored in
   * the background; `preload` waits for that. Sources that the options name are not kept.
   *
   * @defaultValue `false`: the browser keeps files as long as the server's headers allow
   */
  cache?: boolean | undefined;
  /** Cancels loading when it is aborted. */
  signal?: AbortSignal | undefined;
  /** Is called as the wasm module and the weights are downloaded. */
  onProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Where to compute. {@link WorkerOptions} describes the values for a worker; without one, the
   * thread that calls computes.
   *
   * @defaultValue `false`
   */
  worker?: false | undefined;
}

/**
 * A position of glasses or furniture on a photo. It describes the box around their visible pixels,
 * which are those at least 10 % opaque. Coordinates are pixels of the photo from its top-left
 * corner; the first pixel's centre is (0.5, 0.5).
 */
export interface Placement {
  /** The x coordinate of the box's centre, in pixels of the photo. */
  x: number;
  /** The y coordinate of the box's centre, in pixels of the photo. */
  y: number;
  /** The width of the box before its rotation, in pixels of the photo; more than 0. */
  width: number;
  /**
   * The rotation of the box in degrees, clockwise.
   *
   * @defaultValue 0
   */
  rotation?: number | undefined;
}

/** Options of `TryOn.fit`. */
export interface FitOptions {
  /**
   * The initial position of the glasses or the furniture.
   *
   * @defaultValue the placement of the first face that `locate` finds; furniture needs a placement
   */
  placement?: Placement | undefined;
  /**
   * The number of updates, an integer from 0 to 64.
   *
   * @defaultValue `model.updates`
   */
  updates?: number | undefined;
  /**
   * The two pupils of the person in pixels of the photo, as `locate` returns them. With a placement
   * they are needed to show glasses at their real width (`GlassesOptions.widthMm`); a placement
   * alone does not tell the size of the face.
   *
   * @defaultValue without a placement, the pupils of the first face that `locate` finds
   */
  pupils?: readonly [Point, Point] | undefined;
  /**
   * The distance between the pupils of the person in millimetres, from 45 to 80. With it, glasses
   * of known width get their real width on the face.
   *
   * @defaultValue 63, the mean of adults (Dodgson 2004)
   */
  pupilDistanceMm?: number | undefined;
  /** Cancels the fit when it is aborted, unless its last part has begun. */
  signal?: AbortSignal | undefined;
}

/** The properties of the loaded weights. */
export interface Model {
  /** The number of generators. Each makes one update; the last one makes all further updates. */
  readonly stages: number;
  /** The default number of updates of a fit. */
  readonly updates: number;
  /** What is composited. */
  readonly task: Task;
  /** The width of the crop of the photo that the generators read, in pixels. */
  readonly size: number;
  /** The height of that crop, in pixels; it equals `size` for glasses. */
  readonly height: number;
  /** The metadata of the weights file, such as its task and training configuration. */
  readonly metadata: Readonly<Record<string, string>>;
}
