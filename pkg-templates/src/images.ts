import type { Decoder } from './decoder.js';
import { StganError, wrap } from './errors.js';

/** RGBA pixels: straight alpha, rows from top to bottom, as in `ImageData`. */
export interface Pixels {
  data: Uint8ClampedArray | Uint8Array;
  width: number;
  height: number;
}

/**
 * What a photo or a frame can be. Encoded bytes and blobs are JPEG, PNG or WebP files, turned upright by their EXIF
 * orientation. Pixels, `ImageData` and `ImageBitmap` are used in place, not copied: leave them as they are until the last
 * composite is made. Elements and canvases are taken as they look at the time of the call.
 */
export type ImageSource =
  | Pixels
  | ImageData
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | Blob
  | ArrayBuffer
  | Uint8Array;

/**
 * Whole pixels of an image: the left upper corner and the size.
 *
 * @internal
 */
export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * An image that hands out its pixels by parts.
 *
 * @internal
 */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly colorSpace: PredefinedColorSpace;
  /** How many pixels are best read at a time where they are not kept. */
  readonly band: number;
  /** A copy of the pixels of a part. */
  read(rect: Rect): Uint8ClampedArray<ArrayBuffer>;
  /** The same, averaged down to a smaller size, where the platform does that. */
  reduced?(rect: Rect, width: number, height: number): Uint8ClampedArray<ArrayBuffer>;
  close(): void;
}

/** As the Rust side has it: more does not fit beside itself in 32-bit memory. */
const MAX_PIXELS = 64_000_000;

/**
 * The most pixels that are read from a canvas or passed to wasm at once: 16 MB. Some browsers limit canvases to four times that.
 *
 * @internal
 */
export const BAND = 4_000_000;

/** What is copied out of a buffer and passed on at a time: 256 KB, which stay in a processor's cache. */
const CACHED = 64_000;

/**
 * The rectangle in parts of its full width, none much larger than so many pixels.
 *
 * @internal
 */
export function* bands({ x, y, width, height }: Rect, pixels = BAND): Generator<Rect> {
  const rows = Math.max(1, Math.floor(pixels / width));
  for (let top = 0; top < height; top += rows) {
    yield { x, y: y + top, width, height: Math.min(rows, height - top) };
  }
}

/**
 * Opens an image of any kind. `what` names it in messages.
 *
 * @internal
 */
export async function openImage(source: ImageSource, what: string, decoder: Decoder): Promise<Picture> {
  switch (Object.prototype.toString.call(source).slice(8, -1)) {
    case 'ImageBitmap':
      return new Drawn(source as ImageBitmap, what, false);
    case 'HTMLImageElement':
      await (source as HTMLImageElement).decode().catch((error: unknown) => {
        throw wrap(error, 'decode', `${what}: the image element has no picture`);
      });
      return snapshot(source as HTMLImageElement, what, 'unsupported-image');
    case 'HTMLCanvasElement':
    case 'OffscreenCanvas': {
      const canvas = source as HTMLCanvasElement;
      check(canvas, what);
      return snapshot(canvas, what, 'unsupported-image');
    }
    case 'Blob':
    case 'File':
      return decode(source as Blob, what, decoder);
    case 'ArrayBuffer':
    case 'Uint8Array':
      return decode(new Blob([source as Uint8Array<ArrayBuffer>]), what, decoder);
    case 'ImageData':
    case 'Object':
      if ('data' in source && 'width' in source && 'height' in source) return new Buffered(source, what);
  }
  const kind = Object.prototype.toString.call(source).slice(8, -1);
  throw new StganError('unsupported-image', `${what}: cannot read pixels from ${kind}`);
}

async function decode(blob: Blob, what: string, decoder: Decoder): Promise<Picture> {
  if (typeof createImageBitmap === 'function') return snapshot(blob, what, 'decode');
  return new Buffered(await decoder.decode(new Uint8Array(await blob.arrayBuffer()), what), what);
}

async function snapshot(
  source: ImageBitmapSource,
  what: string,
  code: 'decode' | 'unsupported-image',
): Promise<Picture> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(source, { imageOrientation: 'from-image' });
  } catch (error) {
    throw wrap(error, code, `${what}: cannot read the picture`);
  }
  try {
    return new Drawn(bitmap, what, true);
  } catch (error) {
    bitmap.close();
    throw error;
  }
}

function check({ width, height }: { width: number; height: number }, what: string): void {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new StganError('image-size', `${what}: ${width}×${height} is not a size of an image`);
  }
  if (width * height > MAX_PIXELS) {
    throw new StganError(
      'image-too-large',
      `${what}: ${width}×${height} pixels are more than the limit of ${MAX_PIXELS}`,
    );
  }
}

/**
 * Pixels in a buffer of the caller's.
 *
 * @internal
 */
export class Buffered implements Picture {
  readonly width: number;
  readonly height: number;
  readonly colorSpace: PredefinedColorSpace;
  readonly band = CACHED;
  readonly #data: Uint8ClampedArray | Uint8Array;

  constructor(pixels: Pixels & { colorSpace?: PredefinedColorSpace }, what: string) {
    check(pixels, what);
    const { data, width, height } = pixels;
    if (!(data instanceof Uint8ClampedArray || data instanceof Uint8Array)) {
      throw new StganError('unsupported-image', `${what}: pixels are wanted as Uint8ClampedArray or Uint8Array`);
    }
    if (data.length !== width * height * 4) {
      const expected = width * height * 4;
      throw new StganError(
        'image-size',
        `${what}: an image of ${width}×${height} pixels needs ${expected} bytes of RGBA, got ${data.length}`,
      );
    }
    this.width = width;
    this.height = height;
    this.colorSpace = pixels.colorSpace ?? 'srgb';
    this.#data = data;
  }

  read({ x, y, width, height }: Rect): Uint8ClampedArray<ArrayBuffer> {
    if (width === this.width)
      return new Uint8ClampedArray(this.#data.subarray(y * width * 4, (y + height) * width * 4));
    const part = new Uint8ClampedArray(width * height * 4);
    for (let row = 0; row < height; row++) {
      const from = ((y + row) * this.width + x) * 4;
      part.set(this.#data.subarray(from, from + width * 4), row * width * 4);
    }
    return part;
  }

  close(): void {}
}

/** A bitmap of the browser's, read through a canvas. */
class Drawn implements Picture {
  readonly width: number;
  readonly height: number;
  readonly colorSpace = 'srgb';
  readonly band = BAND;
  readonly #bitmap: ImageBitmap;
  readonly #what: string;
  readonly #owned: boolean;

  constructor(bitmap: ImageBitmap, what: string, owned: boolean) {
    check(bitmap, what);
    this.width = bitmap.width;
    this.height = bitmap.height;
    this.#bitmap = bitmap;
    this.#what = what;
    this.#owned = owned;
  }

  read(rect: Rect): Uint8ClampedArray<ArrayBuffer> {
    if (this.#bitmap.width !== this.width)
      throw new StganError('disposed', `${this.#what}: the ImageBitmap has been closed`);
    const pixels = new Uint8ClampedArray(rect.width * rect.height * 4);
    let at = 0;
    for (const { x, y, width, height } of bands(rect)) {
      try {
        const context = canvas(width, height);
        context.drawImage(this.#bitmap, x, y, width, height, 0, 0, width, height);
        pixels.set(context.getImageData(0, 0, width, height).data, at);
      } catch (error) {
        throw wrap(error, 'unsupported-image', `${this.#what}: its pixels may not be read`);
      }
      at += width * height * 4;
    }
    return pixels;
  }

  reduced({ x, y, width, height }: Rect, toWidth: number, toHeight: number): Uint8ClampedArray<ArrayBuffer> {
    if (this.#bitmap.width !== this.width)
      throw new StganError('disposed', `${this.#what}: the ImageBitmap has been closed`);
    try {
      const context = canvas(toWidth, toHeight);
      context.imageSmoothingQuality = 'high';
      context.drawImage(this.#bitmap, x, y, width, height, 0, 0, toWidth, toHeight);
      return context.getImageData(0, 0, toWidth, toHeight).data;
    } catch (error) {
      throw wrap(error, 'unsupported-image', `${this.#what}: its pixels may not be read`);
    }
  }

  close(): void {
    if (this.#owned) this.#bitmap.close();
  }
}

function canvas(width: number, height: number): OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D {
  const settings: CanvasRenderingContext2DSettings = { willReadFrequently: true };
  let context: OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D | null;
  if (typeof OffscreenCanvas === 'function') {
    context = new OffscreenCanvas(width, height).getContext('2d', settings);
  } else {
    const element = document.createElement('canvas');
    [element.width, element.height] = [width, height];
    context = element.getContext('2d', settings);
  }
  if (!context) throw new Error('the browser gave no canvas');
  return context;
}

/**
 * Pixels as the platform's `ImageData`, or in its form where there is none.
 *
 * @internal
 */
export function imageData(
  data: Uint8ClampedArray<ArrayBuffer>,
  width: number,
  height: number,
  colorSpace: PredefinedColorSpace,
): ImageData {
  if (typeof ImageData === 'function') return new ImageData(data, width, height, { colorSpace });
  return { data, width, height, colorSpace } as ImageData;
}
