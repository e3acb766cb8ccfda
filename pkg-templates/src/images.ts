import { bytesOf, rgbaView } from './buffers.js';
import { type Context2D, createContext, hasCanvas } from './canvas.js';
import { convertColours, isColourSpace } from './colour-spaces.js';
import type { Decoder } from './decoder.js';
import { StganError, wrap } from './errors.js';
import type {
  Blob,
  HTMLCanvasElement,
  HTMLImageElement,
  ImageBitmap,
  ImageData,
  OffscreenCanvas,
  PredefinedColorSpace,
} from './platform.js';
import { typeName } from './type-name.js';

/**
 * RGBA pixels with straight (not premultiplied) alpha in rows from top to bottom, as in
 * `ImageData`.
 */
export interface Pixels {
  /** `width × height × 4` bytes. */
  data: Uint8ClampedArray | Uint8Array;
  /** Width in pixels. */
  width: number;
  /** Height in pixels. */
  height: number;
  /**
   * The colour space of the pixels.
   *
   * @defaultValue `'srgb'`
   */
  colorSpace?: PredefinedColorSpace | undefined;
}

/**
 * A still image: a photo, or an image of a pair of glasses.
 *
 * - Encoded bytes, a `Blob` or a `File` contain a JPEG, PNG or WebP file. Its EXIF orientation is
 *   applied. Browsers also decode the other formats that they know.
 * - `Pixels`, `ImageData` and `ImageBitmap` are read in place, without a copy. Do not change or
 *   close them before the last `composite` or `overlay`.
 * - Image elements and canvases are copied during the call.
 *
 * `Pixels` and `ImageData` keep their colour space, and glasses are converted to that of the photo.
 * All other images are read as sRGB.
 *
 * An image has at most 64 million pixels.
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

/** A rectangle of an image in integer pixels. */
export interface Rect {
  /** The left edge. */
  x: number;
  /** The top edge. */
  y: number;
  /** Width in pixels. */
  width: number;
  /** Height in pixels. */
  height: number;
}

/**
 * An opened image, which is read in parts.
 *
 * @internal
 */
export interface SourceImage {
  readonly width: number;
  readonly height: number;
  readonly colorSpace: PredefinedColorSpace;
  /** The preferred number of pixels of one read. */
  readonly bandPixels: number;
  /** Returns a copy of the pixels in `rect`. */
  read(rect: Rect): Uint8ClampedArray<ArrayBuffer>;
  /**
   * Returns the pixels in `rect` averaged down to `width × height`, if the platform can do that.
   */
  readDownscaled?(rect: Rect, width: number, height: number): Uint8ClampedArray<ArrayBuffer>;
  close(): void;
}

/**
 * The Rust library has the same limit, because wasm32 memory must hold the image and its result.
 */
const MAX_PIXELS = 64_000_000;

/**
 * The largest number of pixels that one call into wasm transfers: 16 MB. Some browsers limit
 * canvases to four times that.
 *
 * @internal
 */
export const MAX_BAND_PIXELS = 4_000_000;

/**
 * The number of pixels that one read from a buffer transfers: 256 KB, which fit into a CPU cache.
 */
const BUFFER_BAND_PIXELS = 64_000;

/** The number of pixels that one read from a canvas transfers: 2 MB, measured as the fastest. */
const CANVAS_BAND_PIXELS = 500_000;

/**
 * Splits a rectangle into bands of its full width, each of at most `maxPixels` pixels or one row.
 *
 * @internal
 */
export function* bands({ x, y, width, height }: Rect, maxPixels = MAX_BAND_PIXELS): Generator<Rect> {
  const rows = Math.max(1, Math.floor(maxPixels / width));
  for (let top = 0; top < height; top += rows) {
    yield { x, y: y + top, width, height: Math.min(rows, height - top) };
  }
}

/**
 * Opens an image of any supported type; `label` names it in error messages.
 *
 * @internal
 * @throws {@link StganError} `decode`, `image-size`, `image-too-large`, `unsupported-image`, or
 * what loading the decoder throws.
 */
export async function openImage(source: ImageSource, label: string, decoder: Decoder): Promise<SourceImage> {
  try {
    return await open(source, label, decoder);
  } catch (error) {
    // A Proxy or a getter of the caller threw.
    throw wrap(error, 'unsupported-image', `${label}: the image cannot be read`);
  }
}

async function open(source: ImageSource, label: string, decoder: Decoder): Promise<SourceImage> {
  switch (typeName(source)) {
    case 'ImageBitmap':
      return new BitmapImage(source as ImageBitmap, label, false);
    case 'HTMLImageElement':
      await (source as HTMLImageElement).decode().catch((error: unknown) => {
        throw wrap(error, 'decode', `${label}: the image element cannot be decoded`);
      });
      return copyToBitmap(source as HTMLImageElement, label, 'unsupported-image');
    case 'HTMLCanvasElement':
    case 'OffscreenCanvas': {
      const canvas = source as HTMLCanvasElement;
      checkSize(canvas, label);
      return copyToBitmap(canvas, label, 'unsupported-image');
    }
    case 'Blob':
    case 'File':
      return decode(source as Blob, label, decoder);
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
    case 'Uint8Array': {
      const bytes = bytesOf(source);
      if (!bytes?.length) throw new StganError('decode', `${label}: the buffer is empty; it may have been transferred`);
      return decode(new Blob([bytes]), label, decoder);
    }
    case 'ImageData':
    case 'Object':
      if ('data' in source && 'width' in source && 'height' in source) return new BufferImage(source, label);
  }
  throw unsupportedImage(source, label);
}

/**
 * The error for a value that is no image source.
 *
 * @internal
 */
export function unsupportedImage(source: unknown, label: string): StganError {
  return new StganError(
    'unsupported-image',
    `${label}: cannot read pixels from a value of type ${typeName(source)}; pass one of the types of ImageSource`,
  );
}

async function decode(blob: Blob, label: string, decoder: Decoder): Promise<SourceImage> {
  // Deno has `createImageBitmap` and no canvas to read the bitmap with.
  if (typeof createImageBitmap === 'function' && hasCanvas()) return copyToBitmap(blob, label, 'decode');
  return new BufferImage(await decoder.decode(new Uint8Array(await blob.arrayBuffer()), label), label);
}

async function copyToBitmap(
  source: ImageBitmapSource,
  label: string,
  code: 'decode' | 'unsupported-image',
): Promise<SourceImage> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(source, { imageOrientation: 'from-image' });
  } catch (error) {
    throw wrap(error, code, `${label}: cannot read the image`);
  }
  try {
    return new BitmapImage(bitmap, label, true);
  } catch (error) {
    bitmap.close();
    throw error;
  }
}

/**
 * Checks the size of an image.
 *
 * @internal
 * @throws {@link StganError} `image-size` or `image-too-large`.
 */
export function checkSize({ width, height }: { width: number; height: number }, label: string): void {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new StganError(
      'image-size',
      `${label}: ${width}×${height} is not an image size; width and height must be positive integers`,
    );
  }
  if (width * height > MAX_PIXELS) {
    throw new StganError(
      'image-too-large',
      `${label}: ${width}×${height} is more than the limit of ${MAX_PIXELS} pixels; scale the image down`,
    );
  }
}

/**
 * An image in a buffer of the caller.
 *
 * @internal
 */
export class BufferImage implements SourceImage {
  readonly width: number;
  readonly height: number;
  readonly colorSpace: PredefinedColorSpace;
  readonly bandPixels = BUFFER_BAND_PIXELS;
  readonly #data: Uint8ClampedArray;
  readonly #label: string;

  constructor(pixels: Pixels, label: string) {
    const { data: bytes, width, height, colorSpace = 'srgb' } = pixels;
    checkSize({ width, height }, label);
    const data = rgbaView(bytes);
    if (!data) {
      throw new StganError(
        'unsupported-image',
        `${label}: data is a value of type ${typeName(bytes)}; expected a Uint8ClampedArray or Uint8Array`,
      );
    }
    if (data.length !== width * height * 4) {
      const expected = width * height * 4;
      throw new StganError(
        'image-size',
        `${label}: an image of ${width}×${height} pixels needs ${expected} bytes of RGBA, got ${data.length}`,
      );
    }
    if (!isColourSpace(colorSpace)) {
      const name = typeof colorSpace === 'string' ? JSON.stringify(colorSpace) : typeName(colorSpace);
      throw new StganError('unsupported-image', `${label}: colorSpace is ${name}; expected 'srgb' or 'display-p3'`);
    }
    this.width = width;
    this.height = height;
    this.colorSpace = colorSpace;
    this.#data = data;
    this.#label = label;
  }

  read({ x, y, width, height }: Rect): Uint8ClampedArray<ArrayBuffer> {
    if (this.#data.length !== this.width * this.height * 4)
      throw new StganError(
        'disposed',
        `${this.#label}: the buffer was transferred or resized; keep it until the last use`,
      );
    if (width === this.width)
      return new Uint8ClampedArray(this.#data.subarray(y * width * 4, (y + height) * width * 4));
    const part = new Uint8ClampedArray(width * height * 4);
    for (let row = 0; row < height; row++) {
      const start = ((y + row) * this.width + x) * 4;
      part.set(this.#data.subarray(start, start + width * 4), row * width * 4);
    }
    return part;
  }

  close(): void {}
}

/**
 * An `ImageBitmap`, which is read through a canvas, always at its own size: browsers scale in
 * different ways.
 */
class BitmapImage implements SourceImage {
  readonly width: number;
  readonly height: number;
  readonly colorSpace = 'srgb';
  readonly bandPixels = CANVAS_BAND_PIXELS;
  readonly #bitmap: ImageBitmap;
  readonly #label: string;
  /** Whether `close` closes the bitmap. */
  readonly #owned: boolean;
  /** Holds one band. */
  #canvas: Context2D | undefined;

  constructor(bitmap: ImageBitmap, label: string, owned: boolean) {
    checkSize(bitmap, label);
    this.width = bitmap.width;
    this.height = bitmap.height;
    this.#bitmap = bitmap;
    this.#label = label;
    this.#owned = owned;
  }

  read(rect: Rect): Uint8ClampedArray<ArrayBuffer> {
    if (rect.width * rect.height <= CANVAS_BAND_PIXELS) return this.#readBand(rect);
    const pixels = new Uint8ClampedArray(rect.width * rect.height * 4);
    let offset = 0;
    for (const band of bands(rect, CANVAS_BAND_PIXELS)) {
      pixels.set(this.#readBand(band), offset);
      offset += band.width * band.height * 4;
    }
    return pixels;
  }

  #readBand({ x, y, width, height }: Rect): Uint8ClampedArray<ArrayBuffer> {
    if (this.#bitmap.width !== this.width)
      throw new StganError('disposed', `${this.#label}: the ImageBitmap was closed; close it after the last use`);
    try {
      this.#canvas ??= createContext(width, height, { willReadFrequently: true });
      const context = this.#canvas;
      const { canvas } = context;
      if (canvas.width < width) canvas.width = width;
      if (canvas.height < height) canvas.height = height;
      context.globalCompositeOperation = 'copy';
      context.drawImage(this.#bitmap, x, y, width, height, 0, 0, width, height);
      return context.getImageData(0, 0, width, height).data;
    } catch (error) {
      throw wrap(error, 'unsupported-image', `${this.#label}: the page may not read the pixels of this image`);
    }
  }

  close(): void {
    this.#canvas = undefined;
    if (this.#owned) this.#bitmap.close();
  }
}

/**
 * Wraps pixels in an `ImageData`, or in a plain object of the same shape if the platform has no
 * `ImageData`. If its `ImageData` knows only sRGB, as in Firefox, the pixels are converted.
 *
 * @internal
 */
export function imageData(
  data: Uint8ClampedArray<ArrayBuffer>,
  width: number,
  height: number,
  colorSpace: PredefinedColorSpace,
): ImageData {
  if (typeof ImageData !== 'function') return { data, width, height, colorSpace } as ImageData;
  const image = new ImageData(data, width, height, { colorSpace });
  if (colorSpace !== 'srgb' && image.colorSpace !== colorSpace) convertColours(data, 'srgb');
  return image;
}
