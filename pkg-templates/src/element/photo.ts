import { StganError } from '../errors.js';
import type { Fit } from '../fit.js';
import type { ImageSource } from '../images.js';
import type { TryOn } from '../tryon.js';
import type { Placement } from '../tryon-types.js';
import type { WorkerTryOn } from '../worker/client.js';
import type { WorkerFit } from '../worker/objects.js';
import type { FitDetail } from './events.js';
import { type ImageValue, loadImage } from './values.js';

/** The longest side of the canvas in pixels. Composites have the size of the photo. */
const MAX_SIDE = 2048;

/** What to show. */
export interface PhotoRequest {
  photo: ImageValue;
  glasses: ImageSource;
  selected: number;
  placement: Placement | null;
}

/** A photo, and the fit of glasses that is shown on it. */
export class PhotoView {
  readonly canvas = document.createElement('canvas');
  #photo: { value: ImageValue; bitmap: ImageBitmap } | null = null;
  #fit: Fit | WorkerFit | null = null;

  /** Loads the photo and draws it without glasses. */
  async open(value: ImageValue, signal: AbortSignal): Promise<ImageBitmap> {
    if (this.#photo?.value === value) return this.#photo.bitmap;
    const bitmap = await toBitmap(await loadImage(value, signal));
    if (signal.aborted) {
      bitmap.close();
      signal.throwIfAborted();
    }
    this.close();
    this.#photo = { value, bitmap };
    const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
    this.canvas.width = Math.round(bitmap.width * scale);
    this.canvas.height = Math.round(bitmap.height * scale);
    this.#context().drawImage(bitmap, 0, 0, this.canvas.width, this.canvas.height);
    return bitmap;
  }

  /** Fits glasses and draws them on the photo. */
  async fit(tryOn: TryOn | WorkerTryOn, request: PhotoRequest, signal: AbortSignal): Promise<FitDetail> {
    const photo = await this.open(request.photo, signal);
    const fit = await tryOn.fit(photo, request.glasses, { placement: request.placement ?? undefined, signal });
    try {
      const overlay = await fit.overlay();
      const image = overlay && (await createImageBitmap(overlay.image));
      signal.throwIfAborted();
      const { width, height } = this.canvas;
      const scale = width / photo.width;
      const context = this.#context();
      context.clearRect(0, 0, width, height);
      context.drawImage(photo, 0, 0, width, height);
      if (image) {
        const { x, y } = overlay;
        context.drawImage(image, x * scale, y * scale, image.width * scale, image.height * scale);
        image.close();
      }
    } catch (error) {
      fit.dispose();
      throw error;
    }
    this.#fit?.dispose();
    this.#fit = fit;
    const { confidence, homography } = fit;
    const { width, height } = photo;
    return { selected: request.selected, confidence, homography, width, height };
  }

  /** The photo with the glasses, at its own size. */
  async composite(): Promise<ImageData> {
    if (!this.#fit) throw new StganError('disposed', 'the element shows no fit; call fit first');
    return this.#fit.composite();
  }

  /** Frees the photo and the fit. The canvas keeps its image. */
  close(): void {
    this.#fit?.dispose();
    this.#fit = null;
    this.#photo?.bitmap.close();
    this.#photo = null;
  }

  #context(): CanvasRenderingContext2D {
    const context = this.canvas.getContext('2d');
    if (!context) throw new StganError('internal', 'the browser provides no 2D canvas context');
    context.imageSmoothingQuality = 'high';
    return context;
  }
}

/**
 * Decodes an image.
 *
 * @throws {@link StganError} `decode`.
 */
export async function toBitmap(source: ImageSource): Promise<ImageBitmap> {
  try {
    const isBytes = source instanceof ArrayBuffer || source instanceof Uint8Array;
    const image = isBytes ? new Blob([source as Uint8Array<ArrayBuffer>]) : source;
    const isPixels = 'data' in image && !(image instanceof ImageData);
    const drawable = isPixels
      ? new ImageData(new Uint8ClampedArray(image.data), image.width, image.height)
      : (image as ImageBitmapSource);
    return await createImageBitmap(drawable, { imageOrientation: 'from-image' });
  } catch (error) {
    throw new StganError('decode', 'the image cannot be read', { cause: error });
  }
}

/** Encodes pixels as an image file. */
export async function encode(image: ImageData, type: string): Promise<Blob> {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type));
  if (!blob) throw new StganError('internal', 'the image cannot be encoded');
  return blob;
}
