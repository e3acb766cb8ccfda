/**
 * Messages between the page and its worker. The worker answers every request exactly once and sends
 * events at any time.
 */
import type { Pixels, Sheet } from './correct.ts';
import type { Box, Placement } from './geometry.ts';

/** Where the bytes of an image come from. */
export type Source = { readonly url: string } | { readonly blob: Blob };

export interface PhotoInfo {
  readonly width: number;
  readonly height: number;
  /** A copy of the photo, downscaled for the screen. */
  readonly display: ImageBitmap;
  readonly milliseconds: number;
}

export interface GlassesInfo {
  readonly width: number;
  readonly height: number;
  /** Bounding box of the pixels that are at least 10 % opaque. */
  readonly box: Box;
  readonly display: ImageBitmap;
}

/** What the package did to an image of glasses; its codes are those of the package. */
export interface GlassesReport {
  readonly kind: 'untouched' | 'cleaned' | 'cut-out';
  readonly lenses: 'clear' | 'tinted' | 'mirrored' | 'opaque';
  /** 0 to 1. */
  readonly confidence: number;
  readonly warnings: readonly string[];
}

export interface PreparedInfo {
  readonly report: GlassesReport;
  /** The cut-out beside the image that it comes from, at a size for corrections. */
  readonly sheet: Sheet | null;
  readonly milliseconds: number;
}

export interface FitUpdate {
  readonly delta: readonly number[];
  readonly params: readonly number[];
  readonly homography: readonly number[];
}

export interface FitInfo {
  readonly id: number;
  /** Homography of the glasses as placed, before the first update. */
  readonly initial: readonly number[];
  readonly updates: readonly FitUpdate[];
  /** Confidence that the glasses are on a face, 0 to 1. */
  readonly confidence: number | null;
  readonly milliseconds: number;
}

export interface OverlayInfo {
  /** Position in the photo, in photo pixels; null if the glasses are outside the photo. */
  readonly box: Box | null;
  readonly image: ImageBitmap | null;
  readonly milliseconds: number;
}

export interface ModelInfo {
  readonly stages: number;
  readonly size: number;
  readonly milliseconds: number;
}

/** A face detected in a photo. */
export interface LocatedFace {
  readonly placement: Placement;
  readonly score: number;
  /** Whether the person probably wears glasses already. */
  readonly wearsGlasses: boolean;
}

/** Result for one video frame of the camera. */
export interface LiveInfo {
  readonly width: number;
  readonly height: number;
  /** Homography from glasses pixels to video frame pixels, for each tracked face. */
  readonly homographies: readonly (readonly number[])[];
  /** Time that the package took, including drawing. */
  readonly milliseconds: number;
}

export interface EncodedInfo {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
}

export type Encoding = 'image/png' | 'image/jpeg';

/** Request and response of each message, by name. */
export interface Requests {
  /** Loads the model again after a failure. */
  retry: { request: Record<never, never>; response: null };
  photo: { request: { photo: number; source: Source }; response: PhotoInfo };
  glasses: { request: { glasses: string; source: Source }; response: GlassesInfo };
  /**
   * Prepares the user’s own glasses: removes the background if `cutOut` is `auto` and there is one.
   * They are stored as `glasses` for later requests. The response has a sheet if the background was
   * removed, and always with `withSheet`.
   */
  prepare: {
    request: { glasses: string; source: Source; cutOut: 'auto' | 'never'; withSheet: boolean };
    response: PreparedInfo;
  };
  /** Frees glasses that are not used. */
  forget: { request: { glasses: string }; response: null };
  /** Encodes glasses as PNG, or a corrected cut-out, cropped to its visible pixels. */
  'encode-glasses': { request: { glasses: string; corrected: Pixels | null }; response: EncodedInfo };
  /** Detects the faces in the photo, highest score first. */
  locate: { request: { photo: number }; response: readonly LocatedFace[] };
  fit: { request: { photo: number; glasses: string; placement: Placement }; response: FitInfo };
  /**
   * Composites the glasses after `update` updates, downscaled to `scale` screen pixels per photo
   * pixel (at most 1).
   */
  overlay: { request: { fit: number; update: number; scale: number }; response: OverlayInfo };
  /** Fits one pair of glasses and crops the result to `region`, scaled to `width` pixels. */
  thumbnail: {
    request: { photo: number; glasses: string; source: Source; placement: Placement; region: Box; width: number };
    response: ImageBitmap;
  };
  /**
   * Encodes the full-size photo with the glasses after `update` updates. If `fit` is null, the
   * glasses are drawn as placed.
   */
  encode: {
    request: {
      photo: number;
      glasses: string;
      placement: Placement;
      fit: number | null;
      update: number;
      type: Encoding;
    };
    response: EncodedInfo;
  };
  /**
   * Starts tracking up to `maxFaces` faces. The canvas shows the video frames with the glasses; it
   * is transferred with the first request and null afterwards.
   */
  'live-start': {
    request: { glasses: string; source: Source; canvas: OffscreenCanvas | null; maxFaces: number };
    response: null;
  };
  /** Tracks and draws the next video frame. With `capture`, the result is stored for a download. */
  'live-frame': { request: { frame: VideoFrame | ImageBitmap; capture: boolean }; response: LiveInfo };
  'live-glasses': { request: { glasses: string; source: Source }; response: null };
  /** Encodes the captured video frame as a file. */
  'live-encode': { request: { type: Encoding }; response: EncodedInfo };
  'live-stop': { request: Record<never, never>; response: null };
}

export type RequestName = keyof Requests;

export type ToWorker = { [K in RequestName]: { id: number; name: K; request: Requests[K]['request'] } }[RequestName];

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export type WorkerEvent =
  | { event: 'progress'; loaded: number; total: number | null }
  | { event: 'model'; model: ModelInfo }
  | { event: 'model-failed'; failure: Failure };

export type FromWorker = { id: number; response: unknown } | { id: number; failure: Failure } | WorkerEvent;
