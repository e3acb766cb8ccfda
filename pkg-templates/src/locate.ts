import type * as wasm from '../wasm/stgan.js';
import { call, type Generation, type Glue, release } from './engine.js';
import { wrap } from './errors.js';
import { bands, type Picture, type Rect } from './images.js';
import type { Placement } from './tryon.js';

/** A face that `TryOn.locate` found. */
export interface LocatedFace {
  /** Where a frame belongs by the pupils alone: what `fit` takes. */
  readonly placement: Placement & { readonly rotation: number };
  /** The pupils in photo pixels from the left upper corner, the photo's left one first. */
  readonly pupils: readonly [{ readonly x: number; readonly y: number }, { readonly x: number; readonly y: number }];
  /** How sure it is, from 0 to 1. */
  readonly score: number;
}

/**
 * The networks that find faces.
 *
 * @internal
 */
export class Locator {
  readonly #generation: Generation;
  readonly #networks: wasm.Locator;

  constructor(generation: Generation, weights: Uint8Array) {
    this.#generation = generation;
    this.#networks = call(generation, (glue) => new glue.Locator(weights));
  }

  /** All faces of a picture, best first. */
  locate(picture: Picture): LocatedFace[] {
    const read = reader(this.#generation, picture);
    return call(this.#generation, () => this.#networks.locate(picture.width, picture.height, read));
  }

  dispose(): void {
    release(this.#generation, this.#networks);
  }

  /** Makes a tracker that finds faces with it. */
  tracker(make: (glue: Glue, networks: wasm.Locator) => wasm.Tracker): wasm.Tracker {
    return call(this.#generation, (glue) => make(glue, this.#networks));
  }
}

/**
 * What wasm calls for the parts of a picture. It throws `StganError` and nothing else: `call` tells that from a crash.
 *
 * @internal
 */
export function reader(generation: Generation, picture: Picture): wasm.Read {
  return (x, y, width, height, toWidth, toHeight) => {
    try {
      return reduce(generation, picture, { x, y, width, height }, toWidth, toHeight);
    } catch (error) {
      throw wrap(error, 'internal', 'the picture cannot be read');
    }
  };
}

/** A part of a picture, averaged down: by the browser where the picture is its own, by wasm, in bands, where it is a buffer. */
function reduce(generation: Generation, picture: Picture, rect: Rect, width: number, height: number): Uint8Array {
  if (picture.reduced) return new Uint8Array(picture.reduced(rect, width, height).buffer);
  if (rect.width === width && rect.height === height) return new Uint8Array(picture.read(rect).buffer);
  const downscaler = call(generation, (glue) => new glue.Downscaler(rect.width, rect.height, width, height));
  try {
    for (const band of bands(rect)) {
      const rows = new Uint8Array(picture.read(band).buffer);
      call(generation, () => downscaler.push(rows));
    }
  } catch (error) {
    release(generation, downscaler);
    throw error;
  }
  return call(generation, () => downscaler.finish());
}
