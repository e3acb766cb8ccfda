/** Types that several modules of the page share. */
import type { WorkerFit } from 'stgan';
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

export interface ForegroundInfo {
  readonly width: number;
  readonly height: number;
  /** Bounding box of the pixels that are at least 10 % opaque. */
  readonly box: Box;
  readonly display: ImageBitmap;
}

/** What the page shows of a fit. */
export interface FitInfo {
  readonly fit: WorkerFit;
  readonly milliseconds: number;
}

export interface OverlayInfo {
  /** Position in the photo, in photo pixels; null if the foreground is outside the photo. */
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

export interface EncodedInfo {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
}

export type Encoding = 'image/png' | 'image/jpeg';
