/** Converts the arguments of the API to values that can be sent to a worker. */
import { wrap } from '../errors.js';
import type { FrameImage } from '../frame-images.js';
import type { PreparedGlasses } from '../glasses.js';
import { checkSize, type ImageSource, imageData, type Pixels, unsupportedImage } from '../images.js';
import { type BytesSource, readBytes, unobserved } from '../load.js';
import type { WasmSource } from '../module.js';
import { isPrepared } from '../options.js';
import { typeName } from '../type-name.js';
import type { PixelsMessage } from './protocol.js';

/** A value to send, and the parts of it that are transferred instead of copied. */
export interface Message<T> {
  value: T;
  transfer: Transferable[];
}

/**
 * Converts an image. Buffers are copied, because they belong to the caller; elements and canvases
 * become bitmaps, as on the main thread.
 *
 * @throws {@link StganError} `decode`, `image-size`, `image-too-large` or `unsupported-image`.
 */
export async function imageMessage(source: ImageSource, label: string): Promise<Message<ImageSource>> {
  switch (typeName(source)) {
    case 'ImageBitmap':
      checkSize(source as ImageBitmap, label);
      return { value: source, transfer: [] };
    case 'Blob':
    case 'File':
      return { value: source, transfer: [] };
    case 'HTMLImageElement':
      await (source as HTMLImageElement).decode().catch((error: unknown) => {
        throw wrap(error, 'decode', `${label}: the image element cannot be decoded`);
      });
      return toBitmap(source as HTMLImageElement, label);
    case 'HTMLCanvasElement':
    case 'OffscreenCanvas':
      checkSize(source as HTMLCanvasElement, label);
      return toBitmap(source as HTMLCanvasElement, label);
    case 'ArrayBuffer':
    case 'Uint8Array': {
      const bytes = new Uint8Array(source as Uint8Array<ArrayBuffer>);
      return { value: bytes, transfer: [bytes.buffer] };
    }
    case 'ImageData':
    case 'Object':
      if ('data' in source && 'width' in source && 'height' in source) return pixelsMessage(source);
  }
  throw unsupportedImage(source, label);
}

/** Converts a video frame. Frames that can be closed are transferred. */
export async function frameMessage(frame: FrameImage): Promise<Message<VideoFrame | ImageBitmap | PixelsMessage>> {
  switch (typeName(frame)) {
    case 'VideoFrame':
    case 'ImageBitmap':
      return { value: frame as VideoFrame, transfer: [frame as VideoFrame] };
    case 'HTMLCanvasElement':
    case 'OffscreenCanvas':
      return toBitmap(frame as HTMLCanvasElement, 'the video frame');
  }
  return pixelsMessage(frame as Pixels);
}

/** Converts an image, or an entry of a manifest whose image may be a URL. */
export async function glassesMessage(
  source: ImageSource | PreparedGlasses,
): Promise<Message<ImageSource | PreparedGlasses>> {
  if (!isPrepared(source)) return imageMessage(source, 'the glasses');
  const entry = source;
  if (typeof entry.image === 'string' || entry.image instanceof URL)
    return { value: { ...entry, image: absolute(entry.image) }, transfer: [] };
  if (!('image' in entry)) return { value: entry, transfer: [] };
  const { value, transfer } = await imageMessage(entry.image, 'the glasses');
  return { value: { ...entry, image: value }, transfer };
}

/**
 * Converts the source of a file. A relative URL refers to the page; requests and responses are read
 * here.
 *
 * @throws {@link StganError} `fetch` or `argument`.
 */
export async function sourceMessage<T extends BytesSource | WasmSource>(source: T): Promise<BytesSource | WasmSource> {
  if (typeof source === 'string' || source instanceof URL) return absolute(source);
  if (source instanceof WebAssembly.Module || source instanceof ArrayBuffer || ArrayBuffer.isView(source))
    return source;
  return readBytes(source, unobserved());
}

/** Restores pixels that the worker sent. */
export const received = ({ data, width, height, colorSpace }: PixelsMessage): ImageData =>
  imageData(data, width, height, colorSpace);

/** Converts an `ImageData` that is not used any more. */
export function sentPixels({ data, width, height, colorSpace }: ImageData): Message<PixelsMessage> {
  const pixels = data as Uint8ClampedArray<ArrayBuffer>;
  return { value: { data: pixels, width, height, colorSpace }, transfer: [pixels.buffer] };
}

function pixelsMessage(pixels: Pixels | ImageData): Message<PixelsMessage> {
  const { data, width, height } = pixels;
  // The worker checks the type and the length.
  if (!(data instanceof Uint8ClampedArray || data instanceof Uint8Array))
    return { value: pixels as PixelsMessage, transfer: [] };
  const copy = new Uint8ClampedArray(data);
  const colorSpace = pixels.colorSpace ?? 'srgb';
  return { value: { data: copy, width, height, colorSpace }, transfer: [copy.buffer] };
}

async function toBitmap(source: HTMLImageElement | HTMLCanvasElement, label: string): Promise<Message<ImageBitmap>> {
  try {
    const bitmap = await createImageBitmap(source, { imageOrientation: 'from-image' });
    return { value: bitmap, transfer: [bitmap] };
  } catch (error) {
    throw wrap(error, 'unsupported-image', `${label}: cannot read the image`);
  }
}

function absolute(url: string | URL): string {
  return typeof document === 'undefined' ? String(url) : new URL(url, document.baseURI).href;
}
