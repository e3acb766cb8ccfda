import type { FacePlacement, Point } from './locate.js';
import type { AbortSignal, HTMLCanvasElement, OffscreenCanvas } from './platform.js';

/**
 * A tracked face and the pose of the glasses on it. Coordinates are pixels of the video frame from
 * its top-left corner; the first pixel's centre is (0.5, 0.5). All of them are smoothed over time.
 */
export interface TrackedFace {
  /** An integer that stays the same for as long as the face is tracked. */
  readonly id: number;
  /** The position of the glasses in the video frame. */
  readonly placement: FacePlacement;
  /**
   * Maps pixels of `track.glasses.image` to pixels of the video frame: 3×3, row by row, its last
   * entry is 1.
   */
  readonly homography: Float64Array;
  /**
   * The two lens centres of the glasses in pixels of the video frame; the first is the one further
   * left in the video frame.
   */
  readonly lensCentres: readonly [Point, Point];
  /** The score of the last detection of this face, from 0 to 1. */
  readonly score: number;
}

/** Milliseconds that each part of the work on one video frame took. Their sum is the total. */
export interface TrackTimes {
  /** Reading pixels of the video frame. */
  readonly read: number;
  /** Detecting faces and locating their landmarks, without reading pixels. */
  readonly detect: number;
  /** Fitting the glasses to all faces, without reading pixels. */
  readonly fit: number;
  /** Drawing the video frame and the glasses on `TrackOptions.canvas`; 0 without a canvas. */
  readonly draw: number;
}

/** The result for one video frame. */
export interface TrackedFrame {
  /** Width of the video frame in pixels. */
  readonly width: number;
  /** Height of the video frame in pixels. */
  readonly height: number;
  /**
   * The timestamp of the video frame in seconds. An image without a timestamp gets the time of
   * `performance.now()`.
   */
  readonly time: number;
  /** The tracked faces; the one that has been tracked for the longest time comes first. */
  readonly faces: readonly TrackedFace[];
  /** The number of updates of each face's fit. */
  readonly updates: number;
  /** The times of the parts of the work. */
  readonly times: TrackTimes;
}

/**
 * The state of a `Track`.
 *
 * - `searching`: no face is tracked, because none was found yet or the last one was lost.
 * - `found`: at least one face is tracked.
 * - `paused`: the page is hidden.
 * - `stopped`: tracking was ended by `stop()`, the end of the source, the signal or an error.
 */
export type TrackState = 'searching' | 'found' | 'paused' | 'stopped';

/** Options of `TryOn.track`. */
export interface TrackOptions {
  /**
   * A canvas on which each video frame is drawn with the glasses. It is resized to the size of the
   * video.
   *
   * @defaultValue no drawing
   */
  canvas?: HTMLCanvasElement | OffscreenCanvas | undefined;
  /**
   * The largest number of faces that are tracked at the same time, an integer from 1 to 16.
   *
   * @defaultValue 1
   */
  people?: number | undefined;
  /**
   * A fixed number of updates per video frame, an integer from 1 to 64.
   *
   * @defaultValue as many as `budget` allows, from 1 to `model.stages`
   */
  updates?: number | undefined;
  /**
   * The time for one video frame in milliseconds, including drawing; more than 0. The number of
   * updates is adapted to it.
   *
   * @defaultValue 28, which allows 30 frames per second
   */
  budget?: number | undefined;
  /**
   * The distance between the pupils of all people in millimetres, from 45 to 80. With it, glasses
   * of known width (`GlassesOptions.widthMm`) get their real width on the faces.
   *
   * @defaultValue 63, the mean of adults (Dodgson 2004)
   */
  pupilDistanceMm?: number | undefined;
  /** Stops tracking when it is aborted. */
  signal?: AbortSignal | undefined;
  /** Is called after each video frame. An exception in it stops tracking and rejects `ended`. */
  onFrame?: ((frame: TrackedFrame) => void) | undefined;
  /** Is called at each change of `state`. An exception in it stops tracking and rejects `ended`. */
  onState?: ((state: TrackState) => void) | undefined;
}
