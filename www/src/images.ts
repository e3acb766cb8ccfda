/** Decodes, measures and encodes images, in the worker for images. */
import { grown, type Pixels } from './correct.ts';
import type { Box } from './geometry.ts';
import { ImageError } from './image-error.ts';
import type { EncodedInfo, Encoding, ForegroundInfo } from './types.ts';

/** Largest number of pixels that the package accepts. */
const MAX_PIXELS = 64_000_000;
/** Longest side, in pixels, of the copy of the photo that the page shows. */
const MAX_DISPLAY_SIDE = 2048;
/** Longest side, in pixels, of a glasses image. Larger ones are slower and look the same. */
const MAX_GLASSES_SIDE = 2000;
/** Alpha from which a pixel counts as visible: 10 % of 255, as in the package. */
const MIN_VISIBLE_ALPHA = 26;

/** Decodes an image and applies its EXIF orientation. */
export async function decode(file: Blob): Promise<ImageBitmap> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new ImageError('not-an-image', `no decoder for ${file.type || 'this file'}`);
  }
  if (bitmap.width * bitmap.height > MAX_PIXELS) {
    const { width, height } = bitmap;
    bitmap.close();
    throw new ImageError('image-too-large', `${width} × ${height} pixels`);
  }
  return bitmap;
}

/** Downscales an image so that its longer side is at most `side`. */
export function downscaled(bitmap: ImageBitmap | ImageData, side: number): Promise<ImageBitmap> {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  return resized(bitmap, Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
}

export async function resized(image: ImageBitmap | ImageData, width: number, height: number): Promise<ImageBitmap> {
  if (width === image.width && height === image.height) return createImageBitmap(image);
  const size: ImageBitmapOptions = {
    resizeWidth: Math.max(1, width),
    resizeHeight: Math.max(1, height),
    resizeQuality: 'high',
  };
  if (!(image instanceof ImageData)) return createImageBitmap(image, size);
  // Firefox loses the alpha of an `ImageData` that it resizes, also as a bitmap, but not that of a
  // canvas.
  const drawing = context(image.width, image.height);
  drawing.putImageData(image, 0, 0);
  return createImageBitmap(drawing.canvas, size);
}

export function displayCopy(photo: ImageBitmap): Promise<ImageBitmap> {
  return downscaled(photo, MAX_DISPLAY_SIDE);
}

export function context(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const drawing = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!drawing) throw new ImageError('encode', `the browser has no canvas of ${width} × ${height} pixels`);
  return drawing;
}

/** Encodes pixels as a file. */
export async function encoded(pixels: ImageData, type: Encoding): Promise<EncodedInfo> {
  const { width, height } = pixels;
  const drawing = context(width, height);
  drawing.putImageData(pixels, 0, 0);
  if (type === 'image/jpeg') {
    // JPEG has no alpha channel: transparent pixels become white.
    drawing.globalCompositeOperation = 'destination-over';
    drawing.fillStyle = '#fff';
    drawing.fillRect(0, 0, width, height);
  }
  const blob = await drawing.canvas.convertToBlob({ type, quality: 0.93 });
  if (blob.type !== type) throw new ImageError('encode', `this browser cannot write ${type}`);
  return { blob, width, height };
}

/** Decodes a glasses image at the size that the package gets. */
export async function readPixels(file: Blob): Promise<ImageData> {
  const full = await decode(file);
  const bitmap = await downscaled(full, MAX_GLASSES_SIDE);
  full.close();
  const { width, height } = bitmap;
  const drawing = context(width, height);
  drawing.drawImage(bitmap, 0, 0);
  bitmap.close();
  return drawing.getImageData(0, 0, width, height);
}

/** Measures the visible part of a glasses image and copies the image for the page. */
export async function measured(pixels: ImageData): Promise<ForegroundInfo> {
  const box = visibleBox(pixels);
  if (!box) throw new ImageError('empty-glasses', 'every pixel is transparent');
  const { width, height } = pixels;
  return { width, height, box, display: await createImageBitmap(pixels) };
}

/** Crops an image to its visible pixels, with a margin of one pixel for soft edges. */
export function cropped(pixels: Pixels): ImageData {
  const visible = visibleBox(pixels);
  if (!visible) throw new ImageError('empty-glasses', 'every pixel is transparent');
  const { x, y, width, height } = grown(visible, 1, pixels);
  const drawing = context(pixels.width, pixels.height);
  drawing.putImageData(new ImageData(new Uint8ClampedArray(pixels.data), pixels.width, pixels.height), 0, 0);
  return drawing.getImageData(x, y, width, height);
}

/** Bounding box of the visible pixels, or null if there are none. */
export function visibleBox({ data, width, height }: Pixels): Box | null {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0, i = 3; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      if (data[i]! < MIN_VISIBLE_ALPHA) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
