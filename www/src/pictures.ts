/** Decoding and measuring pictures, in the worker. */
import type { Box } from './geometry.ts';
import type { EncodedInfo, Encoding, FrameInfo, Source } from './protocol.ts';

/** The package's own limit for one image. */
const MAX_PIXELS = 64_000_000;
/** The longest side of the copy of the photo that the page shows. */
const DISPLAY_SIDE = 2048;
/** A frame's picture larger than this gains nothing and costs time. */
const FRAME_SIDE = 2000;
/** 10 % of 255: what counts as visible, as in the package. */
const VISIBLE = 26;

/** A failure with a name the page has words for. */
export class PictureError extends Error {
  constructor(
    readonly code: 'fetch' | 'not-an-image' | 'image-too-large' | 'empty-glasses' | 'encode' | 'stale',
    message: string,
  ) {
    super(message);
  }
}

export async function read(source: Source): Promise<Blob> {
  if ('blob' in source) return source.blob;
  let response: Response;
  try {
    response = await fetch(source.url);
  } catch (error) {
    throw new PictureError('fetch', `${source.url}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!response.ok) throw new PictureError('fetch', `${source.url}: HTTP ${response.status}`);
  return response.blob();
}

/** Decodes a picture upright (EXIF orientation applied). */
export async function decode(source: Source): Promise<ImageBitmap> {
  const blob = await read(source);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob);
  } catch {
    throw new PictureError('not-an-image', `no decoder for ${blob.type || 'this file'}`);
  }
  if (bitmap.width * bitmap.height > MAX_PIXELS) {
    const { width, height } = bitmap;
    bitmap.close();
    throw new PictureError('image-too-large', `${width} × ${height} pixels`);
  }
  return bitmap;
}

/** A copy whose longer side is at most `side`. */
export function reduced(bitmap: ImageBitmap | ImageData, side: number): Promise<ImageBitmap> {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  return resized(bitmap, Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
}

export function resized(image: ImageBitmap | ImageData, width: number, height: number): Promise<ImageBitmap> {
  if (width === image.width && height === image.height) return createImageBitmap(image);
  return createImageBitmap(image, {
    resizeWidth: Math.max(1, width),
    resizeHeight: Math.max(1, height),
    resizeQuality: 'high',
  });
}

export function displayCopy(photo: ImageBitmap): Promise<ImageBitmap> {
  return reduced(photo, DISPLAY_SIDE);
}

export function context(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const drawing = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!drawing) throw new PictureError('encode', `no canvas of ${width} × ${height} pixels`);
  return drawing;
}

/** Pixels as a file. */
export async function encoded(pixels: ImageData, type: Encoding): Promise<EncodedInfo> {
  const { width, height } = pixels;
  const drawing = context(width, height);
  drawing.putImageData(pixels, 0, 0);
  if (type === 'image/jpeg') {
    // JPEG has no transparency: what shows through is white, as on paper.
    drawing.globalCompositeOperation = 'destination-over';
    drawing.fillStyle = '#fff';
    drawing.fillRect(0, 0, width, height);
  }
  const blob = await drawing.canvas.convertToBlob({ type, quality: 0.93 });
  if (blob.type !== type) throw new PictureError('encode', `this browser cannot write ${type}`);
  return { blob, width, height };
}

/** The pixels of a frame's picture and what is to know about them. */
export async function readFrame(source: Source): Promise<{ pixels: ImageData; info: FrameInfo }> {
  const full = await decode(source);
  const bitmap = await reduced(full, FRAME_SIDE);
  full.close();
  const { width, height } = bitmap;
  const drawing = context(width, height);
  drawing.drawImage(bitmap, 0, 0);
  const pixels = drawing.getImageData(0, 0, width, height);
  const { box, transparent } = measureAlpha(pixels);
  if (!box) throw new PictureError('empty-glasses', 'every pixel is transparent');
  return { pixels, info: { width, height, box, transparent, display: bitmap } };
}

/** The bounding box of the visible pixels, and the share of those that are not. */
export function measureAlpha({ data, width, height }: { data: ArrayLike<number>; width: number; height: number }): {
  box: Box | null;
  transparent: number;
} {
  let [left, top, right, bottom, hidden] = [width, height, -1, -1, 0];
  for (let y = 0, i = 3; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      if (data[i]! < VISIBLE) {
        hidden++;
        continue;
      }
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  const box = right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
  return { box, transparent: hidden / (width * height) };
}
