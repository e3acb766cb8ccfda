/**
 * What kind of failure it was.
 *
 * - `aborted`: the signal given to `TryOn.create` was aborted, or that given to `track` before it began.
 * - `argument`: an option of the wrong type or outside of its range.
 * - `camera-denied`: the user, the browser or the page's policy does not let it use the camera.
 * - `camera-unavailable`: there is no camera, or another program has it.
 * - `decode`: encoded bytes that are damaged, cut short or in a format that cannot be read.
 * - `degenerate`: the frame would be drawn through infinity, or squeezed into a line.
 * - `disposed`: used after `dispose()` or `stop()`; or the `ImageBitmap` that a fit was made on has been closed.
 * - `empty-glasses`: the frame image has no pixel that is at least 10 % opaque.
 * - `fetch`: the wasm module or the weights could not be read.
 * - `image-size`: an image without pixels, or with a buffer of another length than `width × height × 4`.
 * - `image-too-large`: more than 64 million pixels.
 * - `internal`: a bug of this package. Existing objects may no longer be usable; a new `TryOn` starts afresh.
 * - `no-face`: no face was found in the photo, and no placement was given.
 * - `placement`: a placement with a missing field, a value that is not finite, or that has no common pixel with the photo.
 * - `update`: an update that the fit does not have.
 * - `unsupported-image`: an image source of an unknown type, or one whose pixels the page may not read.
 * - `video`: a video or stream that cannot be played.
 * - `wasm`: the bytes are not this package's wasm module, or the host cannot run it.
 * - `weights`: the bytes are not a weights file of this package; the message names the tensor or key that is wrong.
 */
export type StganErrorCode =
  | 'aborted'
  | 'argument'
  | 'camera-denied'
  | 'camera-unavailable'
  | 'decode'
  | 'degenerate'
  | 'disposed'
  | 'empty-glasses'
  | 'fetch'
  | 'image-size'
  | 'image-too-large'
  | 'internal'
  | 'no-face'
  | 'placement'
  | 'update'
  | 'unsupported-image'
  | 'video'
  | 'wasm'
  | 'weights';

/** Every failure of this package. `code` is for programs, `message` for people, `cause` what the platform said, if it did. */
export class StganError extends Error {
  readonly code: StganErrorCode;

  constructor(code: StganErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StganError';
    this.code = code;
  }
}

/** Something caught, as a message. */
function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Something caught, as the error to throw: `StganError` as it is, all else with `code` and as the cause.
 *
 * @internal
 */
export function wrap(error: unknown, code: StganErrorCode, message: string): StganError {
  return error instanceof StganError ? error : new StganError(code, `${message}: ${reason(error)}`, { cause: error });
}
