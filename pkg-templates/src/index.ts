/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Virtual try-on of glasses with spatial transformer GANs (ST-GAN, Lin et al., CVPR 2018), in the
 * browser and in Node.
 *
 * Start with {@link TryOn.create}, then {@link TryOn.fit} for a photo or {@link TryOn.track} for a
 * video. {@link TryOn.glasses} prepares a product photo for both.
 *
 * Coordinates are pixels of an image from its top-left corner, x to the right and y down. The first
 * pixel covers the square from (0, 0) to (1, 1), so its centre is (0.5, 0.5). A homography is a
 * `Float64Array` of nine numbers, row by row, that acts on column vectors (x, y, 1).
 *
 * Failures are {@link StganError} objects with a {@link StganErrorCode}.
 *
 * @packageDocumentation
 */
export { StganError, type StganErrorCode } from './errors.js';
export type { PackageFile, PreloadOptions } from './files.js';
export { type CompositeOptions, Fit, type Overlay, type Update } from './fit.js';
export type { FrameImage } from './frame-images.js';
export { type TrackSource, videoFrames } from './frame-sources.js';
export {
  Glasses,
  type GlassesOptions,
  type GlassesReport,
  type GlassesWarning,
  type PreparedGlasses,
} from './glasses.js';
export type { ImageSource, Pixels, Rect } from './images.js';
export type { BytesSource, Progress } from './load.js';
export type { FaceAttributes, FacePlacement, LocatedFace, Point } from './locate.js';
export type { WasmSource } from './module.js';
export { preload } from './preload.js';
export { type Feature, isSupported, missingFeatures, type Purpose } from './support.js';
export { Track } from './track.js';
export type { TrackedFace, TrackedFrame, TrackOptions, TrackState, TrackTimes } from './track-types.js';
export { TryOn } from './tryon.js';
export type { CreateOptions, FitOptions, Model, Placement, Task } from './tryon-types.js';
export { type WorkerOptions, WorkerTryOn } from './worker/client.js';
export type { WorkerFit, WorkerGlasses } from './worker/objects.js';
export type { WorkerTrack } from './worker/track.js';
