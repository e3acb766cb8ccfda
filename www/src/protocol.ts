/** What the page and its worker say to each other. Every request is answered once; events come unasked. */
import type { Box, Placement } from './geometry.ts';

/** Where the bytes of a picture come from. */
export type Source = { readonly url: string } | { readonly blob: Blob };

export interface PhotoInfo {
  readonly width: number;
  readonly height: number;
  /** A copy no larger than a screen needs. */
  readonly display: ImageBitmap;
  readonly milliseconds: number;
}

export interface FrameInfo {
  readonly width: number;
  readonly height: number;
  /** The pixels that are at least 10 % opaque. */
  readonly box: Box;
  /** How much of the picture is (nearly) transparent, 0 to 1. */
  readonly transparent: number;
  readonly display: ImageBitmap;
}

export interface FitUpdate {
  readonly delta: readonly number[];
  readonly params: readonly number[];
  readonly homography: readonly number[];
}

export interface FitInfo {
  readonly fit: number;
  /** The homography as placed. */
  readonly initial: readonly number[];
  readonly updates: readonly FitUpdate[];
  /** How sure the fit is that the frame sits on a face, 0 to 1. */
  readonly confidence: number | null;
  readonly milliseconds: number;
}

export interface PatchInfo {
  /** The place on the photo, in photo pixels; null where the frame is off the photo. */
  readonly box: Box | null;
  readonly image: ImageBitmap | null;
  readonly milliseconds: number;
}

export interface ModelInfo {
  readonly stages: number;
  readonly size: number;
  readonly milliseconds: number;
}

/** A face that was found on a photo. */
export interface LocatedFace {
  readonly placement: Placement;
  readonly score: number;
}

/** What was seen on one picture of the camera. */
export interface LiveInfo {
  readonly width: number;
  readonly height: number;
  /** From frame pixels to the picture's, for each face that is followed. */
  readonly homographies: readonly (readonly number[])[];
  /** Of the package's work, drawing included. */
  readonly milliseconds: number;
}

export interface EncodedInfo {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
}

export type Encoding = 'image/png' | 'image/jpeg';

/** Requests by name: what is asked, and what is answered. */
export interface Requests {
  /** Starts loading the model again after it failed. */
  retry: { ask: Record<never, never>; answer: null };
  photo: { ask: { photo: number; source: Source }; answer: PhotoInfo };
  frame: { ask: { frame: string; source: Source }; answer: FrameInfo };
  /** The faces of the photo, best first. */
  locate: { ask: { photo: number }; answer: readonly LocatedFace[] };
  fit: { ask: { photo: number; frame: string; placement: Placement }; answer: FitInfo };
  /** The frame as composited at a step, reduced to `scale` screen pixels per photo pixel (at most 1). */
  patch: { ask: { fit: number; step: number; scale: number }; answer: PatchInfo };
  /** One frame, fitted, on a part of the photo, `width` pixels wide. */
  thumbnail: {
    ask: { photo: number; frame: string; source: Source; placement: Placement; region: Box; width: number };
    answer: ImageBitmap;
  };
  /** The photo at its own size with the frame at a step; with `fit` null, the frame as placed. */
  encode: {
    ask: { photo: number; frame: string; placement: Placement; fit: number | null; step: number; type: Encoding };
    answer: EncodedInfo;
  };
  /**
   * Gets ready for pictures of the camera, with at most `people` faces. The canvas, which is handed over the first time, shows them with
   * the frame on.
   */
  'live-start': {
    ask: { frame: string; source: Source; canvas: OffscreenCanvas | null; people: number };
    answer: null;
  };
  /** The next picture; it is answered when it has been drawn. `keep` it, with the frame on it, for a download. */
  'live-picture': { ask: { picture: VideoFrame | ImageBitmap; keep: boolean }; answer: LiveInfo };
  'live-frame': { ask: { frame: string; source: Source }; answer: null };
  /** The kept picture as a file. */
  'live-encode': { ask: { type: Encoding }; answer: EncodedInfo };
  'live-stop': { ask: Record<never, never>; answer: null };
}

export type RequestName = keyof Requests;

export type ToWorker = { [K in RequestName]: { id: number; name: K; ask: Requests[K]['ask'] } }[RequestName];

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export type WorkerEvent =
  | { event: 'progress'; loaded: number; total: number | null }
  | { event: 'model'; model: ModelInfo }
  | { event: 'model-failed'; failure: Failure };

export type FromWorker = { id: number; answer: unknown } | { id: number; failure: Failure } | WorkerEvent;
