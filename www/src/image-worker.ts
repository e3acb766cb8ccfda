/** The worker that decodes, draws and encodes images, so that the page stays responsive. */

import type { Pixels } from './correct.ts';
import type { Box } from './geometry.ts';
import { ImageError } from './image-error.ts';
import { cropped, decode, displayCopy, encoded, measured, readPixels, resized } from './images.ts';
import { sheetOf } from './sheet.ts';

/** None of the functions keeps anything between two calls. */
const functions = {
  /** Decodes a photo for the page. */
  async photo(file: Blob) {
    const start = performance.now();
    const bitmap = await decode(file);
    const { width, height } = bitmap;
    const display = await displayCopy(bitmap);
    bitmap.close();
    return { width, height, display, milliseconds: performance.now() - start };
  },

  /** Decodes a foreground whose alpha is right, and measures it. */
  async foreground(file: Blob) {
    const pixels = await readPixels(file);
    return { pixels, info: await measured(pixels) };
  },

  /** Measures a foreground whose background was removed. */
  async measured(pixels: ImageData) {
    return { pixels, info: await measured(pixels) };
  },

  /** Decodes an image of glasses at the size that the package gets. */
  pixels: readPixels,

  /** Cuts `region` out of a photo, scaled to `width` × `height` pixels. */
  async region(file: Blob, region: Box, width: number, height: number) {
    const bitmap = await decode(file);
    const { x, y, width: w, height: h } = region;
    try {
      return await createImageBitmap(bitmap, x, y, w, h, {
        resizeWidth: width,
        resizeHeight: height,
        resizeQuality: 'high',
      });
    } finally {
      bitmap.close();
    }
  },

  /** Scales an image with alpha. */
  resized,

  /** Puts a cut-out and the image that it comes from on one grid of pixels. */
  sheet: sheetOf,

  /** Encodes an image as a file. */
  encoded,

  /** Crops a corrected cut-out to its visible pixels, and encodes it as PNG. */
  async 'encoded-cut-out'(pixels: Pixels) {
    return encoded(cropped(pixels), 'image/png');
  },
};

export type ImageFunctions = typeof functions;

/** A message to the page. */
export type Answer = { id: number; result: unknown } | { id: number; failure: { code: string; message: string } };

/** A message from the page. */
interface Call {
  id: number;
  name: keyof ImageFunctions;
  args: never;
}

/** The used part of a dedicated worker’s global scope, which the DOM type library lacks. */
interface WorkerScope {
  postMessage(message: Answer, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Call>) => void) | null;
}
const scope = self as unknown as WorkerScope;

scope.onmessage = async ({ data: { id, name, args } }) => {
  try {
    const result = await (functions[name] as (...values: unknown[]) => Promise<unknown>)(...(args as unknown[]));
    scope.postMessage({ id, result }, transferables(result));
  } catch (error) {
    const code = error instanceof ImageError ? error.code : 'internal';
    scope.postMessage({ id, failure: { code, message: error instanceof Error ? error.message : String(error) } });
  }
};

/** The bitmaps and buffers in a result, which the worker does not need any more. */
function transferables(value: unknown): Transferable[] {
  if (value instanceof ImageBitmap) return [value];
  if (value instanceof ImageData) return [value.data.buffer];
  if (typeof value !== 'object' || value === null || value instanceof Blob) return [];
  return Object.values(value).flatMap(transferables);
}
