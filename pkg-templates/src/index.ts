/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Virtual try-on with spatial transformer GANs: moves a frame image, roughly placed on a photo, to where it belongs.
 *
 * @packageDocumentation
 */
export { StganError, type StganErrorCode } from './errors.js';
export { type CompositeOptions, Fit, type Overlay, type Update } from './fit.js';
export type { ImageSource, Pixels } from './images.js';
export type { BytesSource, Progress } from './load.js';
export type { LocatedFace } from './locate.js';
export type { WasmSource } from './module.js';
export {
  Track,
  type TrackedFace,
  type TrackedFrame,
  type TrackOptions,
  type TrackState,
  type TrackTimes,
} from './track.js';
export { type CreateOptions, type FitOptions, type Model, type Placement, TryOn } from './tryon.js';
export { type FrameImage, type TrackSource, videoFrames } from './video.js';
