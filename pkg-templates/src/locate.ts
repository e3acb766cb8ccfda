import type { FaceLocator, Tracking } from '../wasm/stgan.js';
import { call, type Generation, type Glue, release } from './engine.js';
import { bands, type Picture, type Rect } from './images.js';
import type { Placement } from './tryon.js';

/** A face that `TryOn.locate` found. */
export interface Located {
  /** Where a frame belongs by the pupils alone: what `fit` takes. */
  readonly placement: Placement & { readonly rotation: number };
  /** The pupils in photo pixels from the left upper corner, the photo's left one first. */
  readonly eyes: readonly [{ readonly x: number; readonly y: number }, { readonly x: number; readonly y: number }];
  /** How sure it is, from 0 to 1. */
  readonly score: number;
}

/** Numbers of a face, as wasm gives them. */
const NUMBERS = 9;

/**
 * The networks that find faces.
 *
 * @internal
 */
export class Locator {
  readonly #generation: Generation;
  readonly #networks: FaceLocator;

  constructor(generation: Generation, weights: Uint8Array) {
    this.#generation = generation;
    this.#networks = call(generation, (glue) => new glue.FaceLocator(weights));
  }

  /** All faces of a picture, best first. */
  locate(picture: Picture): Located[] {
    const numbers = call(this.#generation, () =>
      this.#networks.locate(picture.width, picture.height, reader(this.#generation, picture)),
    );
    return Array.from({ length: numbers.length / NUMBERS }, (_, i) => located(numbers.subarray(i * NUMBERS)));
  }

  /** One look around a place where a face was a moment ago: where it is now, or null. */
  look(picture: Picture, near: Placement): Located | null {
    const found = call(this.#generation, () =>
      this.#networks.look(picture.width, picture.height, near, reader(this.#generation, picture)),
    );
    return found ? located(found) : null;
  }

  dispose(): void {
    release(this.#generation, this.#networks);
  }

  /** Makes a tracker that finds faces with it. */
  tracking(make: (glue: Glue, networks: FaceLocator) => Tracking): Tracking {
    return call(this.#generation, (glue) => make(glue, this.#networks));
  }
}

/**
 * What wasm calls for the parts of a picture.
 *
 * @internal
 */
export function reader(generation: Generation, picture: Picture): (...numbers: number[]) => Uint8Array {
  return (...numbers) => {
    const [x, y, width, height, toWidth, toHeight] = numbers as [number, number, number, number, number, number];
    return reduce(generation, picture, { x, y, width, height }, toWidth, toHeight);
  };
}

/** A part of a picture, averaged down: by the browser where the picture is its own, by wasm, in bands, where it is a buffer. */
function reduce(generation: Generation, picture: Picture, rect: Rect, width: number, height: number): Uint8Array {
  if (picture.reduced) return new Uint8Array(picture.reduced(rect, width, height).buffer);
  if (rect.width === width && rect.height === height) return new Uint8Array(picture.read(rect).buffer);
  const reduction = call(generation, (glue) => new glue.Reduction(rect.width, rect.height, width, height));
  try {
    for (const band of bands(rect)) {
      const rows = new Uint8Array(picture.read(band).buffer);
      call(generation, () => reduction.push(rows));
    }
  } catch (error) {
    release(generation, reduction);
    throw error;
  }
  return call(generation, () => reduction.finish());
}

function located(numbers: Float64Array): Located {
  const [x, y, width, rotation, x0, y0, x1, y1, score] = numbers as unknown as Repeated<9>;
  return {
    placement: { x, y, width, rotation },
    eyes: [
      { x: x0, y: y0 },
      { x: x1, y: y1 },
    ],
    score,
  };
}

type Repeated<N extends number, T extends number[] = []> = T['length'] extends N ? T : Repeated<N, [...T, number]>;
