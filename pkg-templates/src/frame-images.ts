import { type Context2D, createContext } from './canvas.js';
import { StganError, wrap, wrapping } from './errors.js';
import { BufferImage, MAX_BAND_PIXELS, type Pixels, type Rect, type SourceImage } from './images.js';
import type { HTMLCanvasElement, ImageBitmap, ImageData, OffscreenCanvas, VideoFrame } from './platform.js';
import { typeName } from './type-name.js';

/** The image of one video frame. Buffers hold RGBA with straight alpha. */
export type FrameImage = VideoFrame | ImageBitmap | HTMLCanvasElement | OffscreenCanvas | ImageData | Pixels;

/** The types of video frame that a canvas can draw. */
type CanvasSource = Exclude<FrameImage, ImageData | Pixels>;

/**
 * An opened video frame.
 *
 * @internal
 */
export interface ReadableFrame extends SourceImage {
  /** The frame's own timestamp in seconds; null if it has none. */
  readonly time: number | null;
  /** Draws the frame at its own size. */
  draw(context: Context2D): void;
}

/**
 * Creates a canvas of 1×1 pixel, to be enlarged.
 *
 * @internal
 * @throws {@link StganError} `unsupported-image`.
 */
export function createScratch(settings: CanvasRenderingContext2DSettings): Context2D {
  try {
    return createContext(1, 1, settings);
  } catch (error) {
    throw wrap(error, 'unsupported-image', 'the video frame cannot be read');
  }
}

/** Enlarges a canvas if necessary. It never shrinks, because reallocating a canvas is slow. */
function growCanvas({ canvas }: Context2D, width: number, height: number): void {
  if (canvas.width < width) canvas.width = width;
  if (canvas.height < height) canvas.height = height;
}

/** The canvases that all frames of a video are read through. */
interface ScratchCanvases {
  /** Holds a whole video frame, converted to RGB. */
  frame: Context2D;
  /** Holds the part that is read. */
  crop: Context2D;
}

/**
 * Opens the frames of a video one after the other. All of them share a pair of canvases.
 *
 * @internal
 */
export class FrameOpener {
  #canvases: ScratchCanvases | undefined;

  /** @throws {@link StganError} `image-size`, `image-too-large` or `unsupported-image`. */
  open(frame: FrameImage): ReadableFrame {
    return wrapping('unsupported-image', 'the video frame cannot be read', () => this.#open(frame));
  }

  #open(frame: FrameImage): ReadableFrame {
    switch (typeName(frame)) {
      case 'VideoFrame':
      case 'ImageBitmap':
      case 'HTMLCanvasElement':
      case 'OffscreenCanvas':
        this.#canvases ??= {
          frame: createScratch({ willReadFrequently: true, alpha: false }),
          crop: createScratch({ willReadFrequently: true }),
        };
        return new CanvasFrame(frame as CanvasSource, this.#canvases);
      default:
        return new BufferFrame(frame as ImageData | Pixels, 'the video frame');
    }
  }
}

/** A video frame that is read through a canvas. */
class CanvasFrame implements ReadableFrame {
  readonly width: number;
  readonly height: number;
  readonly colorSpace = 'srgb';
  readonly bandPixels = MAX_BAND_PIXELS;
  readonly time: number | null;
  readonly #source: CanvasSource;
  readonly #canvases: ScratchCanvases;
  /** The image to read from. A `VideoFrame` is converted to RGB once and not for each part. */
  #rgb: Exclude<CanvasSource, VideoFrame> | null;

  constructor(source: CanvasSource, canvases: ScratchCanvases) {
    const isVideoFrame = 'displayWidth' in source;
    this.width = isVideoFrame ? source.displayWidth : source.width;
    this.height = isVideoFrame ? source.displayHeight : source.height;
    this.time = isVideoFrame ? source.timestamp / 1e6 : null;
    this.#source = source;
    this.#canvases = canvases;
    this.#rgb = isVideoFrame ? null : source;
    if (this.width < 1 || this.height < 1)
      throw new StganError('image-size', 'the video frame has no pixels; it may have been closed');
  }

  read(rect: Rect): Uint8ClampedArray<ArrayBuffer> {
    return this.readDownscaled(rect, rect.width, rect.height);
  }

  readDownscaled({ x, y, width, height }: Rect, toWidth: number, toHeight: number): Uint8ClampedArray<ArrayBuffer> {
    const { crop } = this.#canvases;
    growCanvas(crop, toWidth, toHeight);
    try {
      const source = this.#convertToRgb();
      crop.imageSmoothingQuality = 'medium';
      crop.globalCompositeOperation = 'copy';
      crop.drawImage(source, x, y, width, height, 0, 0, toWidth, toHeight);
      return crop.getImageData(0, 0, toWidth, toHeight).data;
    } catch (error) {
      throw wrap(error, 'unsupported-image', 'the page may not read the pixels of this video frame');
    }
  }

  draw(context: Context2D): void {
    const { width, height } = this;
    context.drawImage(this.#convertToRgb(), 0, 0, width, height, 0, 0, width, height);
  }

  #convertToRgb(): Exclude<CanvasSource, VideoFrame> {
    if (this.#rgb) return this.#rgb;
    const { frame } = this.#canvases;
    growCanvas(frame, this.width, this.height);
    frame.drawImage(this.#source, 0, 0, this.width, this.height);
    this.#rgb = frame.canvas;
    return this.#rgb;
  }

  close(): void {
    if ('close' in this.#source) this.#source.close();
  }
}

/** A video frame in a buffer. */
class BufferFrame extends BufferImage implements ReadableFrame {
  readonly time = null;

  draw(context: Context2D): void {
    const { width, height, colorSpace } = this;
    const pixels = this.read({ x: 0, y: 0, width, height });
    context.putImageData(new ImageData(pixels, width, height, { colorSpace }), 0, 0);
  }
}
