import { typeName } from './type-name.js';

/**
 * The stable name of the reason for a {@link StganError}. Codes never change their meaning; new
 * versions may add codes.
 *
 * - `aborted`: the `signal` of `TryOn.create`, `glasses` or `fit` was aborted before the work
 *   finished, or the `signal` of `track` before the call.
 * - `argument`: an option or argument has the wrong type or is out of range, or cannot be read.
 * - `busy-ground`: the glasses or the furniture in the product photo are not on a plain background,
 *   so it cannot be removed. Use a photo on white or on another even colour, or an image with a
 *   transparent background.
 * - `callback`: a function that was passed as an option threw; `cause` is its exception.
 * - `camera-denied`: the user, the browser or the page's permissions policy denies the camera.
 * - `camera-unavailable`: there is no camera, another program uses it, or the context is a worker,
 *   Node or an insecure page.
 * - `decode`: the encoded image is damaged, incomplete or not in a format that can be decoded.
 * - `degenerate`: the homography has no inverse, or maps the glasses through infinity.
 * - `disposed`: the object was used after `dispose()` or `stop()`, or an `ImageBitmap` or buffer
 *   that it still needs was closed, transferred or resized.
 * - `empty-furniture`: no pixel of the furniture image is at least 10 % opaque.
 * - `empty-glasses`: no pixel of the glasses image is at least 10 % opaque.
 * - `fetch`: a wasm module, a weights file or the image of prepared glasses could not be read.
 * - `image-size`: an image has no pixels, or its buffer is not `width × height × 4` bytes long.
 * - `image-too-large`: an image has more than 64 million pixels.
 * - `internal`: a bug in this package, or the wasm instance crashed. Existing objects may be
 *   unusable; a new `TryOn` starts afresh.
 * - `no-face`: `fit` got no placement and found no face in the photo.
 * - `no-furniture-found`: the product photo shows nothing that differs from its ground. Use a photo
 *   of one piece that is darker or lighter, or an image with a transparent background.
 * - `no-glasses-found`: the product photo shows no front of glasses with two lenses. Use a front
 *   view of one pair that fills most of the image.
 * - `not-a-front-view`: the glasses in the product photo are seen from the side, or rotated by too
 *   much. Use a level front view.
 * - `out-of-memory`: wasm has too little memory left for this call. Dispose of objects that are no
 *   longer needed, or use smaller images. Existing objects stay usable.
 * - `placement`: a field of the placement is missing or not finite, its width is not positive, or
 *   it lies outside the photo; or `fit` got no placement of a piece of furniture.
 * - `task`: the method or option is not for the task of this `TryOn`, or glasses were passed to a
 *   `TryOn` of another task than that which prepared them.
 * - `too-small`: the glasses in the product photo have too few pixels to be cut out. Use a larger
 *   image.
 * - `unsupported-image`: an image source has an unknown type, or the page may not read its pixels.
 * - `update`: a fit has no update with this index.
 * - `video`: a video or stream cannot be played, or a source of video frames failed.
 * - `wasm`: the bytes are not this package's wasm module, or the browser cannot run it.
 * - `weights`: the bytes are not a weights file of this package; the message names the tensor or
 *   metadata key.
 * - `worker`: the worker cannot be started, or has failed. A script of another origin needs a
 *   script of the page's origin that imports it.
 */
export type StganErrorCode =
  | 'aborted'
  | 'argument'
  | 'busy-ground'
  | 'callback'
  | 'camera-denied'
  | 'camera-unavailable'
  | 'decode'
  | 'degenerate'
  | 'disposed'
  | 'empty-furniture'
  | 'empty-glasses'
  | 'fetch'
  | 'image-size'
  | 'image-too-large'
  | 'internal'
  | 'no-face'
  | 'no-furniture-found'
  | 'no-glasses-found'
  | 'not-a-front-view'
  | 'out-of-memory'
  | 'placement'
  | 'task'
  | 'too-small'
  | 'unsupported-image'
  | 'update'
  | 'video'
  | 'wasm'
  | 'weights'
  | 'worker';

/**
 * The error type of this package. `code` is for programs, `message` is for developers (in English,
 * with the value that was wrong), and `cause` is the platform's own error if there is one.
 */
export class StganError extends Error {
  /** The reason, as a stable name. */
  readonly code: StganErrorCode;

  /**
   * @param code - The reason, as a stable name.
   * @param message - What is wrong, with the value, and what to do.
   * @param options - `cause`: the underlying error.
   */
  constructor(code: StganErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StganError';
    this.code = code;
  }
}

/** The message of a caught value. It never throws, whatever the value is. */
function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return `a value of type ${typeName(error)}`;
  }
}

/**
 * Converts a caught value to a `StganError`. A `StganError` is returned unchanged; anything else
 * becomes the cause of a new error with this `code`.
 *
 * @internal
 */
export function wrap(error: unknown, code: StganErrorCode, message: string): StganError {
  return error instanceof StganError
    ? error
    : new StganError(code, `${message}: ${messageOf(error)}`, { cause: error });
}

/**
 * Runs `work`, and converts what it throws as `wrap` does.
 *
 * @internal
 */
export function wrapping<T>(code: StganErrorCode, message: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw wrap(error, code, message);
  }
}
