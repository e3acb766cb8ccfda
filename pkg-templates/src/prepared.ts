import type * as wasm from '../wasm/stgan.js';
import { convertColours } from './colour-spaces.js';
import { call, type InstanceId, release } from './engine.js';
import type { GlassesReport } from './glasses.js';
import type { Rect } from './images.js';
import type { Point } from './locate.js';
import { markFreed, markUsed, requireMemory } from './memory.js';
import type { PredefinedColorSpace } from './platform.js';
import type { Task } from './tryon-types.js';

/** The largest number of pixels of the finest level that wasm keeps for drawing. */
const MAX_LEVEL_PIXELS = 16e6;

/** What was found in an image of glasses. */
export interface Findings {
  readonly report: GlassesReport;
  readonly bounds: Readonly<Rect>;
  readonly lensCentres: readonly [Point, Point];
  readonly toSource: Float64Array;
}

/**
 * An upper bound of the wasm memory of prepared glasses of this many pixels: the pixels, and the
 * levels for drawing.
 *
 * @internal
 */
export const preparedBytes = (pixels: number): number => 4 * pixels + 21 * Math.min(pixels, MAX_LEVEL_PIXELS);

/**
 * An image of prepared glasses, which any number of `Glasses` share. Its pixels are in wasm while
 * it is in use, and later in JavaScript, so that glasses without a `dispose` cannot fill wasm.
 *
 * @internal
 */
export class PreparedImage {
  readonly instance: InstanceId;
  readonly findings: Findings;
  readonly colorSpace: PredefinedColorSpace;
  readonly task: Task;
  readonly width: number;
  readonly height: number;
  #handle: wasm.Glasses | undefined;
  /** The pixels while there is no handle; empty after the last user. */
  #pixels = new Uint8ClampedArray(0);
  #users = 0;
  /** This image in the other colour space, after its first use. */
  #converted: PreparedImage | undefined;

  /** Takes over `handle`. */
  constructor(instance: InstanceId, handle: wasm.Glasses, colorSpace: PredefinedColorSpace, task: Task = 'glasses') {
    this.instance = instance;
    this.task = task;
    this.colorSpace = colorSpace;
    const { bounds, lensCentres, ...report } = call(instance, () => handle.report());
    this.findings = { report, bounds, lensCentres, toSource: call(instance, () => handle.toSource()) };
    this.width = call(instance, () => handle.width());
    this.height = call(instance, () => handle.height());
    this.#handle = handle;
    markUsed(this);
  }

  /** The wasm memory of the image, in bytes. */
  get bytes(): number {
    return preparedBytes(this.width * this.height);
  }

  /** The wasm object. The next call of this function for another image may free it. */
  handle(): wasm.Glasses {
    if (!this.#handle) {
      const pixels = new Uint8Array(this.#pixels.buffer);
      requireMemory(this.instance, pixels.length + this.bytes, 'the glasses');
      this.#handle = call(this.instance, ({ Glasses }) => Glasses.restored(pixels, this.width, this.height));
      this.#pixels = new Uint8ClampedArray(0);
    }
    markUsed(this);
    return this.#handle;
  }

  /** The image in a colour space. It lives as long as this image. */
  inColours(colorSpace: PredefinedColorSpace): PreparedImage {
    if (colorSpace === this.colorSpace) return this;
    if (!this.#converted) {
      const { instance, width, height } = this;
      const pixels = new Uint8Array(this.pixels().buffer);
      convertColours(pixels, colorSpace);
      requireMemory(instance, pixels.length + this.bytes, 'the glasses');
      const handle = call(instance, ({ Glasses }) => Glasses.restored(pixels, width, height));
      this.#converted = new PreparedImage(instance, handle, colorSpace, this.task).retain();
    }
    return this.#converted;
  }

  /** A copy of the pixels. */
  pixels(): Uint8ClampedArray<ArrayBuffer> {
    const handle = this.#handle;
    return handle ? call(this.instance, () => handle.pixels()) : this.#pixels.slice();
  }

  /** Adds a user. Each user calls `release` once. */
  retain(): this {
    this.#users++;
    return this;
  }

  /** Frees the memory after the last user. */
  release(): void {
    if (--this.#users > 0) return;
    this.#pixels = new Uint8ClampedArray(0);
    this.#converted?.release();
    this.#free();
  }

  /** Moves the pixels to JavaScript. */
  evict(): void {
    try {
      this.#pixels = this.pixels();
    } catch {
      // The instance has crashed, so the pixels are of no use any more.
    }
    this.#free();
  }

  #free(): void {
    markFreed(this);
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle) release(this.instance, handle);
  }
}
