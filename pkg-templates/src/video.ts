import { StganError, wrap } from './errors.js';
import { BAND, Buffered, type Picture, type Pixels, type Rect } from './images.js';

/** One picture of a video. */
export type FrameImage = VideoFrame | ImageBitmap | HTMLCanvasElement | OffscreenCanvas | ImageData | Pixels;

/**
 * Where a video comes from.
 *
 * - `'camera'`: the camera that looks at the user, in a page. It is opened, and closed when the tracking stops.
 * - a video element, as it plays: a file, or a stream that the page has opened.
 * - a `MediaStream`, in a page. Its tracks are left running.
 * - a stream or other asynchronous iterable of pictures: what workers and Node have. Video frames and bitmaps are closed when they
 *   have been seen.
 */
export type TrackSource =
  | 'camera'
  | HTMLVideoElement
  | MediaStream
  | ReadableStream<FrameImage>
  | AsyncIterable<FrameImage>;

/**
 * Pictures as they come, and how to end that.
 *
 * @internal
 */
export interface Feed {
  /** The next picture, null after the last. */
  next(): Promise<FrameImage | null>;
  /** No more are wanted. */
  close(): void;
}

const tag = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

/**
 * Opens a source.
 *
 * @internal
 */
export async function openFeed(source: TrackSource): Promise<Feed> {
  if (source === 'camera') {
    const stream = await openCamera();
    try {
      return await streamFeed(stream, () => stopTracks(stream));
    } catch (error) {
      stopTracks(stream);
      throw error;
    }
  }
  switch (tag(source)) {
    case 'HTMLVideoElement':
      return elementFeed(source as HTMLVideoElement);
    case 'MediaStream':
      return streamFeed(source as MediaStream, () => {});
    case 'ReadableStream':
      return readerFeed((source as ReadableStream<FrameImage>).getReader());
  }
  if (typeof source === 'object' && source !== null && Symbol.asyncIterator in source) {
    const iterator = source[Symbol.asyncIterator]();
    return {
      async next() {
        const { done, value } = await iterator.next();
        return done ? null : value;
      },
      close: () => void iterator.return?.().catch(() => {}),
    };
  }
  throw new StganError('argument', `a video, a stream, pictures or 'camera' are expected, not ${tag(source)}`);
}

function readerFeed(reader: ReadableStreamDefaultReader<FrameImage>): Feed {
  return {
    async next() {
      const { done, value } = await reader.read();
      return done ? null : value;
    },
    close: () => void reader.cancel().catch(() => {}),
  };
}

async function openCamera(): Promise<MediaStream> {
  // Missing in workers, in insecure contexts, and where there is no camera to speak of.
  const devices = (globalThis.navigator as Navigator | undefined)?.mediaDevices;
  if (!devices?.getUserMedia)
    throw new StganError('camera-unavailable', 'there is no camera here: pages have one, where they are secure');
  try {
    return await devices.getUserMedia({
      video: { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 720 } },
      audio: false,
    });
  } catch (error) {
    const denied =
      error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError');
    throw wrap(error, denied ? 'camera-denied' : 'camera-unavailable', 'the camera cannot be used');
  }
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** A stream, by way of a video element that is not shown. */
async function streamFeed(stream: MediaStream, end: () => void): Promise<Feed> {
  if (typeof document === 'undefined') throw new StganError('argument', 'a MediaStream can be tracked in a page only');
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  try {
    await video.play();
  } catch (error) {
    video.srcObject = null;
    throw wrap(error, 'video', 'the stream cannot be played');
  }
  const feed = elementFeed(video);
  return {
    next: () => feed.next(),
    close() {
      feed.close();
      video.srcObject = null;
      end();
    },
  };
}

function elementFeed(video: HTMLVideoElement): Feed {
  const stop = new AbortController();
  const iterator = videoFrames(video, { signal: stop.signal });
  return {
    async next() {
      const { done, value } = await iterator.next();
      return done ? null : value;
    },
    close: () => stop.abort(),
  };
}

/**
 * The pictures of a video element as they are shown, for somebody who is not always ready: whoever asks gets the one that is shown if that is
 * a new one, or else the next; those between are dropped. None come while the page is hidden. Whoever gets them closes them. Ends with the
 * video, or with `signal`.
 *
 * To track in a worker, post them there, each after the answer to the one before, and pass `track` what arrives.
 */
export async function* videoFrames(
  video: HTMLVideoElement,
  { signal }: { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<VideoFrame | ImageBitmap, void, void> {
  const watch = new Watch(video, signal);
  try {
    for (;;) {
      const time = await watch.next();
      if (time === null) return;
      yield await capture(video, time);
    }
  } finally {
    watch.close();
  }
}

/** Knows of a video whether it shows a picture that has not been taken yet. */
class Watch {
  readonly #video: HTMLVideoElement;
  readonly #signal: AbortSignal | undefined;
  /** Whether the browser says when it shows another picture; where it does not, the clock is looked at every time that the page is drawn. */
  readonly #told: boolean;
  #handle: number | null = null;
  /** Seconds of the picture that is shown, where nobody has taken it. */
  #fresh: number | null = null;
  #last: number | null = null;
  #over = false;
  #error: StganError | null = null;
  #waiting: (() => void) | null = null;

  constructor(video: HTMLVideoElement, signal: AbortSignal | undefined) {
    this.#video = video;
    this.#signal = signal;
    this.#told = typeof video.requestVideoFrameCallback === 'function';
    if (video.error) this.#fail();
    if (signal?.aborted || video.ended) this.#end();
    signal?.addEventListener('abort', this.#end);
    document.addEventListener('visibilitychange', this.#listen);
    video.addEventListener('ended', this.#end);
    video.addEventListener('error', this.#fail);
    this.#listen();
  }

  /** The seconds of a picture that has not been taken yet, when there is one; null where none will come. */
  async next(): Promise<number | null> {
    while (this.#fresh === null && !this.#over && !this.#error)
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    if (this.#error) throw this.#error;
    if (this.#over) return null;
    this.#last = this.#fresh;
    this.#fresh = null;
    return this.#last;
  }

  close(): void {
    this.#over = true;
    this.#cancel();
    this.#signal?.removeEventListener('abort', this.#end);
    document.removeEventListener('visibilitychange', this.#listen);
    this.#video.removeEventListener('ended', this.#end);
    this.#video.removeEventListener('error', this.#fail);
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = null;
  }

  #end = (): void => {
    this.#over = true;
    this.#wake();
  };

  #fail = (): void => {
    this.#error = new StganError(
      'video',
      `the video cannot be played: ${this.#video.error?.message || 'unknown error'}`,
    );
    this.#wake();
  };

  #listen = (): void => {
    this.#cancel();
    // What was shown before the page was hidden is of no interest when it is seen again.
    if (document.hidden) this.#fresh = null;
    else if (!this.#over) this.#request();
  };

  #cancel(): void {
    if (this.#handle === null) return;
    if (this.#told) this.#video.cancelVideoFrameCallback(this.#handle);
    else cancelAnimationFrame(this.#handle);
    this.#handle = null;
  }

  #request(): void {
    const video = this.#video;
    const show = (time: number): void => {
      this.#request();
      this.#fresh = time;
      this.#wake();
    };
    const look = (): void => {
      if (video.currentTime !== this.#last && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA)
        show(video.currentTime);
      else this.#request();
    };
    this.#handle = this.#told
      ? video.requestVideoFrameCallback((_now, { mediaTime }) => show(mediaTime))
      : requestAnimationFrame(look);
  }
}

/** The picture that a video shows now. */
async function capture(video: HTMLVideoElement, time: number): Promise<VideoFrame | ImageBitmap> {
  try {
    if (typeof VideoFrame === 'function') return new VideoFrame(video, { timestamp: Math.round(time * 1e6) });
    return await createImageBitmap(video);
  } catch (error) {
    throw wrap(error, 'unsupported-image', "the video's pictures may not be read");
  }
}

/**
 * A picture of a video, ready to be looked at.
 *
 * @internal
 */
export interface Still extends Picture {
  /** In seconds, where the picture has a clock of its own. */
  readonly time: number | null;
  /** Draws it in its own size. */
  draw(context: Context): void;
}

/** @internal */
export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/**
 * Makes a canvas.
 *
 * @internal
 */
export function blank(settings: CanvasRenderingContext2DSettings): Context {
  const canvas = typeof OffscreenCanvas === 'function' ? new OffscreenCanvas(1, 1) : document.createElement('canvas');
  const context = canvas.getContext('2d', settings) as Context | null;
  if (!context) throw new StganError('video', 'the browser gave no canvas');
  return context;
}

/**
 * Opens the pictures of a video, one after the other, on one canvas.
 *
 * @internal
 */
export class Opener {
  #canvases: Canvases | undefined;

  open(picture: FrameImage): Still {
    switch (tag(picture)) {
      case 'VideoFrame':
      case 'ImageBitmap':
      case 'HTMLCanvasElement':
      case 'OffscreenCanvas':
        this.#canvases ??= {
          whole: blank({ willReadFrequently: true, alpha: false }),
          part: blank({ willReadFrequently: true }),
        };
        return new Drawable(picture as Drawing, this.#canvases);
      default:
        return new Shelved(picture as ImageData | Pixels, 'the picture');
    }
  }
}

type Drawing = VideoFrame | ImageBitmap | HTMLCanvasElement | OffscreenCanvas;

/** What pictures are read through: as a whole, and the part that is wanted. */
interface Canvases {
  whole: Context;
  part: Context;
}

/** It only grows: what is given up and asked for again costs more than what is kept. */
function grow({ canvas }: Context, width: number, height: number): void {
  if (canvas.width < width) canvas.width = width;
  if (canvas.height < height) canvas.height = height;
}

/** What the browser draws, read through a canvas. */
class Drawable implements Still {
  readonly width: number;
  readonly height: number;
  readonly colorSpace = 'srgb';
  readonly band = BAND;
  readonly time: number | null;
  readonly #drawing: Drawing;
  readonly #canvases: Canvases;
  /** What is drawn from: video frames are brought to colours once, and not for each part again. */
  #source: Exclude<Drawing, VideoFrame> | null;

  constructor(drawing: Drawing, canvases: Canvases) {
    const frame = 'displayWidth' in drawing;
    this.width = frame ? drawing.displayWidth : drawing.width;
    this.height = frame ? drawing.displayHeight : drawing.height;
    this.time = frame ? drawing.timestamp / 1e6 : null;
    this.#drawing = drawing;
    this.#canvases = canvases;
    this.#source = frame ? null : drawing;
    if (this.width < 1 || this.height < 1)
      throw new StganError('image-size', 'a picture without pixels: a closed one, perhaps');
  }

  read(rect: Rect): Uint8ClampedArray<ArrayBuffer> {
    return this.reduced(rect, rect.width, rect.height);
  }

  reduced({ x, y, width, height }: Rect, toWidth: number, toHeight: number): Uint8ClampedArray<ArrayBuffer> {
    const { part } = this.#canvases;
    grow(part, toWidth, toHeight);
    try {
      const source = this.#whole();
      part.imageSmoothingQuality = 'medium';
      part.globalCompositeOperation = 'copy';
      part.drawImage(source, x, y, width, height, 0, 0, toWidth, toHeight);
      return part.getImageData(0, 0, toWidth, toHeight).data;
    } catch (error) {
      throw wrap(error, 'unsupported-image', 'the pixels of a picture may not be read');
    }
  }

  draw(context: Context): void {
    const { width, height } = this;
    context.drawImage(this.#whole(), 0, 0, width, height, 0, 0, width, height);
  }

  #whole(): Exclude<Drawing, VideoFrame> {
    if (this.#source) return this.#source;
    const { whole } = this.#canvases;
    grow(whole, this.width, this.height);
    whole.drawImage(this.#drawing, 0, 0, this.width, this.height);
    this.#source = whole.canvas;
    return this.#source;
  }

  close(): void {
    if ('close' in this.#drawing) this.#drawing.close();
  }
}

/** Pixels in a buffer. */
class Shelved extends Buffered implements Still {
  readonly time = null;

  draw(context: Context): void {
    const { width, height, colorSpace } = this;
    const pixels = this.read({ x: 0, y: 0, width, height });
    context.putImageData(new ImageData(pixels, width, height, { colorSpace }), 0, 0);
  }
}
