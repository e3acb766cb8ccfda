/**
 * The messages between `WorkerTryOn` and its worker. The worker answers every request exactly once.
 * Objects of the worker are named by handles.
 */
import type { StganErrorCode } from '../errors.js';
import type { CompositeOptions, Update } from '../fit.js';
import type { GlassesOptions, GlassesReport, PreparedGlasses } from '../glasses.js';
import type { ImageSource, Rect } from '../images.js';
import type { Progress } from '../load.js';
import type { LocatedFace, Point } from '../locate.js';
import type { TrackedFrame, TrackOptions } from '../track-types.js';
import type { CreateOptions, FitOptions, Model } from '../tryon-types.js';

/** The name of an object of the worker. */
export type Handle = number;

/** RGBA pixels whose buffer is transferred. */
export interface PixelsMessage {
  data: Uint8ClampedArray<ArrayBuffer>;
  width: number;
  height: number;
  colorSpace: PredefinedColorSpace;
}

/** Glasses of the worker, or an image of glasses that can be cloned. */
export type GlassesMessage = { handle: Handle } | { image: ImageSource };

/** The photo that the worker keeps, by the number that the page chose, or one for a single use. */
export type PhotoMessage = { kept: number } | { image: ImageSource };

/** The readable properties of `Glasses`. */
export interface GlassesInfo {
  handle: Handle;
  report: GlassesReport;
  bounds: Readonly<Rect>;
  lensCentres: readonly [Point, Point];
  toSource: Float64Array;
  widthMm: number | undefined;
}

/** The readable properties of `Fit`. */
export interface FitInfo {
  handle: Handle;
  updates: readonly Update[];
  initial: Float64Array;
  confidence: number | null;
  glasses: GlassesInfo;
}

/** Request and response of each message, by name. */
export interface Requests {
  create: { request: Omit<CreateOptions, 'signal' | 'onProgress' | 'worker'>; response: Model };
  glasses: {
    request: { source: ImageSource | PreparedGlasses; options: Omit<GlassesOptions, 'signal'> };
    response: GlassesInfo;
  };
  furniture: { request: { source: ImageSource }; response: GlassesInfo };
  image: { request: { glasses: Handle }; response: PixelsMessage };
  /** Keeps a photo instead of the last one. */
  photo: { request: { photo: number; image: ImageSource }; response: null };
  locate: { request: { photo: PhotoMessage }; response: LocatedFace[] };
  fit: {
    request: { photo: PhotoMessage; glasses: GlassesMessage; options: Omit<FitOptions, 'signal'> };
    response: FitInfo;
  };
  composite: { request: { fit: Handle } & CompositeOptions; response: PixelsMessage };
  overlay: {
    request: { fit: Handle } & CompositeOptions;
    response: { x: number; y: number; image: PixelsMessage } | null;
  };
  track: {
    request: {
      glasses: GlassesMessage;
      options: Pick<TrackOptions, 'people' | 'updates' | 'budget' | 'pupilDistanceMm'>;
      /** The canvas to draw on, by a number that the page chose. It is sent once. */
      canvas: { id: number; offscreen?: OffscreenCanvas } | undefined;
    };
    response: { handle: Handle; glasses: GlassesInfo };
  };
  frame: { request: { track: Handle; frame: VideoFrame | ImageBitmap | PixelsMessage }; response: TrackedFrame };
  'set-glasses': { request: { track: Handle; glasses: GlassesMessage }; response: GlassesInfo };
  snapshot: { request: { track: Handle }; response: PixelsMessage };
  /** Disposes of an object. A track is stopped. */
  release: { request: { handle: Handle }; response: null };
}

export type RequestName = keyof Requests;

/** An error in a form that can be cloned. */
export interface Failure {
  code: StganErrorCode;
  message: string;
  cause?: unknown;
}

export type ToWorker =
  | { [K in RequestName]: { id: number; name: K; request: Requests[K]['request'] } }[RequestName]
  /** Aborts the signal of a request. */
  | { abort: number };

export type FromWorker =
  | { id: number; response: unknown }
  | { id: number; failure: Failure }
  | { id: number; progress: Progress };
