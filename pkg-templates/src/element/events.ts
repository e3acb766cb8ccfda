import type { StganError } from '../errors.js';
import type { Model } from '../tryon-types.js';
import type { TryOnElement } from './tag.js';

/**
 * The state of a `<stgan-try-on>`.
 *
 * - `idle`: nothing is loaded or shown; a photo or glasses are missing, or the element has not been
 *   visible.
 * - `loading`: the package's files or the images are downloaded.
 * - `fitting`: the glasses are fitted to the photo.
 * - `fitted`: the photo is shown with the glasses.
 * - `starting`: the camera is opened.
 * - `searching`, `found`, `paused`, `stopped`: the states of a track.
 * - `error`: the last work failed; the event `stgan-error` says why.
 */
export type TryOnElementState =
  | 'idle'
  | 'loading'
  | 'fitting'
  | 'fitted'
  | 'starting'
  | 'searching'
  | 'found'
  | 'paused'
  | 'stopped'
  | 'error';

/** The result of a fit on the photo of an element. */
export interface FitDetail {
  /** The index of the glasses in the list. */
  readonly selected: number;
  /** The confidence that the glasses are on a face, as of `Fit.confidence`. */
  readonly confidence: number | null;
  /** The homography from pixels of the prepared glasses to pixels of the photo, row by row. */
  readonly homography: Float64Array;
  /** Size of the photo in pixels. */
  readonly width: number;
  /** Size of the photo in pixels. */
  readonly height: number;
}

/** The events of a `<stgan-try-on>`. All of them bubble and leave shadow trees. */
export interface TryOnElementEventMap {
  /** The package has been loaded. */
  'stgan-ready': CustomEvent<{ readonly model: Model }>;
  /** The glasses have been fitted to the photo and are shown. */
  'stgan-fit': CustomEvent<FitDetail>;
  /** The state has changed. */
  'stgan-state': CustomEvent<{ readonly state: TryOnElementState }>;
  /** Something failed; the detail has a code. */
  'stgan-error': CustomEvent<StganError>;
}

declare global {
  interface HTMLElementTagNameMap {
    'stgan-try-on': TryOnElement;
  }
  interface GlobalEventHandlersEventMap extends TryOnElementEventMap {}
}
