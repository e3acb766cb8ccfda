import { StganError, wrap } from './errors.js';
import { Buffered, type Picture, type Pixels, type Rect } from './images.js';

/** One picture of a video. */
export type VideoPicture = VideoFrame | ImageBitmap | HTMLCanvasElement | OffscreenCanvas | ImageData | Pixels;

/**
 * Where a video comes from.
 *
 * - `'camera'`: the camera that looks at the user, in a page. It is opened, and closed when the tracking stops.
 * - a video element, as it plays: a file, or a stream that the page has opened.
 * - a `MediaStream`, in a page. Its tracks are left running.
 * - a stream or other asynchronous iterable of pictures: what workers and Node have. Video frames and bitmaps are closed when they
 *   have been seen.
 */
export type TrackSource = 'camera' | HTMLVideoElement | MediaStream | ReadableStream<VideoPicture> | AsyncIterable<VideoPicture>;

/**
 * Pictures as they come, and how to end that.
 *
 * @internal
 */
export interface Feed {
  /** The next picture, null after the last. */
  next(): Promise<VideoPicture | null>;
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
      return readerFeed((source as ReadableStream<VideoPicture>).getReader());
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

function readerFeed(reader: ReadableStreamDefaultReader<VideoPicture>): Feed {
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
  if (!devices?.getUserMedia) throw new StganError('camera-unavailable', 'there is no camera here: pages have one, where they are secure');
  try {
    return await devices.getUserMedia({ video: { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false });
  } catch (error) {
    const denied = error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError');
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
  const iterator = pictures(video, { signal: stop.signal });
  return {
    async next() {
      const { done, value } = await iterator.next();
      return done ? null : value;
    },
    close: () => stop.abort(),
  };
}

/**
 * The pictures of a video element as they are shown, for somebody who is not always ready: the next one is taken when it is asked for, those
 * between are dropped. None come while the page is hidden. Whoever gets them closes them. Ends with the video, or with `signal`.
 *
 * To track in a worker, post them there, each after the answer to the one before, and pass `track` what arrives.
 */
export async function* pictures(
  video: HTMLVideoElement,
  { signal }: { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<VideoFrame | ImageBitmap, void, void> {
  let last: number | null = null;
  for (;;) {
    const time = await shown(video, last, signal);
    if (time === null) return;
    last = time;
    yield await capture(video, time);
  }
}

/** Waits for a picture that has not been seen yet: its time in seconds, or null where none will come. */
function shown(video: HTMLVideoElement, last: number | null, signal: AbortSignal | undefined): Promise<number | null> {
  return new Promise((resolve, reject) => {
    let handle: number | null = null;
    const byFrame = typeof video.requestVideoFrameCallback === 'function';
    const leave = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      document.removeEventListener('visibilitychange', wait);
      video.removeEventListener('ended', end);
      video.removeEventListener('error', fail);
    };
    const finish = (time: number | null): void => {
      leave();
      resolve(time);
    };
    const end = (): void => finish(null);
    const fail = (): void => {
      leave();
      reject(new StganError('video', `the video cannot be played: ${video.error?.message || 'unknown error'}`));
    };
    const cancel = (): void => {
      if (handle === null) return;
      if (byFrame) video.cancelVideoFrameCallback(handle);
      else cancelAnimationFrame(handle);
      handle = null;
    };
    const wait = (): void => {
      cancel();
      if (document.hidden) return;
      if (byFrame) handle = video.requestVideoFrameCallback((_now, { mediaTime }) => finish(mediaTime));
      else
        handle = requestAnimationFrame(() => {
          handle = null;
          const ready = video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.currentTime !== last;
          if (ready) finish(video.currentTime);
          else wait();
        });
    };
    if (signal?.aborted || video.ended) return resolve(null);
    if (video.error) return fail();
    signal?.addEventListener('abort', end);
    document.addEventListener('visibilitychange', wait);
    video.addEventListener('ended', end);
    video.addEventListener('error', fail);
    wait();
  });
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

  open(picture: VideoPicture): Still {
    switch (tag(picture)) {
      case 'VideoFrame':
      case 'ImageBitmap':
      case 'HTMLCanvasElement':
      case 'OffscreenCanvas':
        this.#canvases ??= { whole: blank({ willReadFrequently: true, alpha: false }), part: blank({ willReadFrequently: true }) };
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
    if (this.width < 1 || this.height < 1) throw new StganError('image-size', 'a picture without pixels: a closed one, perhaps');
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
    return (this.#source = whole.canvas);
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
