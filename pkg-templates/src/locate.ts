import type * as wasm from '../wasm/stgan.js';
import { type Bindings, call, type InstanceId, release } from './engine.js';
import { wrap } from './errors.js';
import { bands, type Rect, type SourceImage } from './images.js';
import { NETWORK_MEMORY, requireMemory } from './memory.js';
import type { Placement } from './tryon-types.js';

/**
 * A point of an image, in pixels from its top-left corner; the first pixel's centre is (0.5, 0.5).
 */
export interface Point {
  /** The distance from the left edge of the image. */
  readonly x: number;
  /** The distance from the top edge of the image. */
  readonly y: number;
}

/** A placement of glasses on a face. */
export interface FacePlacement extends Placement {
  /** The rotation of the box in degrees, clockwise. */
  readonly rotation: number;
}

/**
 * A face that `TryOn.locate` found. Coordinates are pixels of the photo from its top-left corner;
 * the first pixel's centre is (0.5, 0.5).
 */
export interface LocatedFace {
  /** The placement of glasses that follows from the pupils alone. Pass it to `TryOn.fit`. */
  readonly placement: FacePlacement;
  /** The two pupils in pixels of the photo; the first is the one further left in the photo. */
  readonly pupils: readonly [Point, Point];
  /**
   * The score of the detection, from 0 to 1. Faces below the detection threshold are not returned.
   */
  readonly score: number;
  /**
   * What covers the eyes, and the pose of the head. Absent if the weights do not tell, or if the
   * face is so covered that only one of the two networks sees it.
   */
  readonly attributes?: FaceAttributes;
}

/** What `TryOn.locate` sees of a face besides the pupils. */
export interface FaceAttributes {
  /** The probability that the person wears glasses, from 0 to 1. */
  readonly glasses: number;
  /** The probability that the eyes are covered, by dark glasses, hair or a hand, from 0 to 1. */
  readonly covered: number;
  /** The yaw of the head in degrees: positive if the face turns to the right of the image. */
  readonly yaw: number;
  /** The pitch of the head in degrees: positive if the face looks down. */
  readonly pitch: number;
}

/**
 * The wasm memory that a search for faces takes, in bytes: reduced copies of the photo, and bands.
 */
const LOCATE_MEMORY = 64e6;

/**
 * The networks that detect faces and locate their pupils.
 *
 * @internal
 */
export class Locator {
  readonly #instance: InstanceId;
  readonly #networks: wasm.Locator;

  constructor(instance: InstanceId, weights: Uint8Array) {
    this.#instance = instance;
    requireMemory(instance, NETWORK_MEMORY * weights.length, 'the face locator');
    this.#networks = call(instance, ({ Locator }) => new Locator(weights));
  }

  /** Returns all faces of an image, best first. */
  locate(image: SourceImage): LocatedFace[] {
    requireMemory(this.#instance, LOCATE_MEMORY, 'locating faces');
    const read = imageReader(this.#instance, image);
    return call(this.#instance, () => this.#networks.locate(image.width, image.height, read));
  }

  dispose(): void {
    release(this.#instance, this.#networks);
  }

  /** Creates a tracker that detects faces with these networks. */
  createTracker(create: (bindings: Bindings, networks: wasm.Locator) => wasm.Tracker): wasm.Tracker {
    return call(this.#instance, (bindings) => create(bindings, this.#networks));
  }
}

/**
 * Returns the callback with which wasm reads parts of an image. The callback throws only
 * `StganError`, which `call` distinguishes from a crash.
 *
 * @internal
 */
export function imageReader(instance: InstanceId, image: SourceImage): wasm.Read {
  return (x, y, width, height, toWidth, toHeight) => {
    try {
      return readDownscaled(instance, image, { x, y, width, height }, toWidth, toHeight);
    } catch (error) {
      throw wrap(error, 'internal', 'the image cannot be read');
    }
  };
}

/**
 * Reads `rect` averaged down to `width × height` pixels. Wasm scales photos band by band, so that
 * the result is the same in all browsers; a canvas scales the frames of a video, which is faster.
 */
function readDownscaled(
  instance: InstanceId,
  image: SourceImage,
  rect: Rect,
  width: number,
  height: number,
): Uint8Array {
  if (image.readDownscaled) return new Uint8Array(image.readDownscaled(rect, width, height).buffer);
  if (rect.width === width && rect.height === height) return new Uint8Array(image.read(rect).buffer);
  const downscaler = call(instance, ({ Downscaler }) => new Downscaler(rect.width, rect.height, width, height));
  try {
    for (const band of bands(rect, image.bandPixels)) {
      const rows = new Uint8Array(image.read(band).buffer);
      call(instance, () => downscaler.push(rows));
    }
  } catch (error) {
    release(instance, downscaler);
    throw error;
  }
  return call(instance, () => downscaler.finish());
}
