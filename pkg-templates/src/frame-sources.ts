import { StganError, wrap } from './errors.js';
import type { FrameImage } from './frame-images.js';
import type {
  AbortSignal,
  HTMLVideoElement,
  ImageBitmap,
  MediaStream,
  ReadableStream,
  VideoFrame,
} from './platform.js';
import { typeName } from './type-name.js';

/**
 * A source of video frames.
 *
 * - `'camera'`: the user-facing camera, in a page. `track` opens it, and closes it when tracking
 *   stops.
 * - A video element, which plays a file or a stream. Only frames that are shown are tracked.
 * - A `MediaStream`, in a page. Its tracks stay live when tracking stops.
 * - A `ReadableStream` or another async iterable of images, which also works in workers and in
 *   Node. `VideoFrame` and `ImageBitmap` objects are closed after they were processed.
 */
export type TrackSource =
  | 'camera'
  | HTMLVideoElement
  | MediaStream
  | ReadableStream<FrameImage>
  | AsyncIterable<FrameImage>;

/**
 * An opened source of video frames.
 *
 * @internal
 */
export interface FrameSource {
  /** Returns the next video frame, or null after the last one. */
  next(): Promise<FrameImage | null>;
  /** Ends the source and releases what it opened. */
  close(): void;
}

/**
 * Opens a source of video frames.
 *
 * @internal
 * @throws {@link StganError} `argument`, `camera-denied`, `camera-unavailable` or `video`.
 */
export async function openFrameSource(source: TrackSource): Promise<FrameSource> {
  if (source === 'camera') {
    const stream = await openCamera();
    try {
      return await fromMediaStream(stream, () => stopTracks(stream));
    } catch (error) {
      stopTracks(stream);
      throw error;
    }
  }
  switch (typeName(source)) {
    case 'HTMLVideoElement':
      return fromVideoElement(source as HTMLVideoElement);
    case 'ReadableStream':
      return fromReadableStream(source as ReadableStream<FrameImage>);
  }
  if (isMediaStream(source)) return fromMediaStream(source, () => {});
  if (typeof source === 'object' && source !== null && Symbol.asyncIterator in source) {
    const iterator = source[Symbol.asyncIterator]();
    return {
      async next() {
        const { done, value } = await iterator.next();
        return done ? null : value;
      },
      close: () => void (async () => iterator.return?.())().catch(() => {}),
    };
  }
  throw new StganError(
    'argument',
    `source is a value of type ${typeName(source)}; expected 'camera', a video element, a MediaStream, a ReadableStream or an async iterable`,
  );
}

/** Its class may be a subclass of `MediaStream`, as that of `canvas.captureStream()` in Firefox. */
function isMediaStream(source: unknown): source is MediaStream {
  return typeof source === 'object' && source !== null && 'getVideoTracks' in source;
}

function fromReadableStream(stream: ReadableStream<FrameImage>): FrameSource {
  const reader = stream.getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      return done || !value ? null : value;
    },
    close: () => void reader.cancel().catch(() => {}),
  };
}

/**
 * Opens a camera.
 *
 * @internal
 * @throws {@link StganError} `camera-denied` or `camera-unavailable`.
 */
export async function openCamera(facingMode: 'user' | 'environment' = 'user'): Promise<MediaStream> {
  // Workers and insecure contexts have no `mediaDevices`.
  const devices = (globalThis.navigator as Navigator | undefined)?.mediaDevices;
  if (!devices?.getUserMedia)
    throw new StganError('camera-unavailable', 'no camera access in this context; use a page served over HTTPS');
  try {
    return await devices.getUserMedia({
      video: { facingMode, width: { ideal: 1280 }, height: { ideal: 720 } },
      audio: false,
    });
  } catch (error) {
    const isDenied =
      error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError');
    throw wrap(error, isDenied ? 'camera-denied' : 'camera-unavailable', 'the camera cannot be opened');
  }
}

/** @internal */
export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * Plays a stream in a video element that is not part of the page; `onClose` runs after it stops.
 */
async function fromMediaStream(stream: MediaStream, onClose: () => void): Promise<FrameSource> {
  if (typeof document === 'undefined')
    throw new StganError(
      'argument',
      'a MediaStream can only be tracked in a page; in a worker pass the frames of videoFrames()',
    );
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
  const source = fromVideoElement(video);
  return {
    next: () => source.next(),
    close() {
      source.close();
      video.srcObject = null;
      onClose();
    },
  };
}

function fromVideoElement(video: HTMLVideoElement): FrameSource {
  const controller = new AbortController();
  const iterator = videoFrames(video, { signal: controller.signal });
  return {
    async next() {
      const { done, value } = await iterator.next();
      return done ? null : value;
    },
    close: () => controller.abort(),
  };
}

/**
 * Iterates over the frames that a video element shows, latest frame first: each step returns the
 * frame that is shown now if it is a new one, otherwise the next one. Frames between two steps are
 * dropped. A hidden page gets no frames. The caller closes each frame. The iteration ends with the
 * video, or when `signal` is aborted.
 *
 * To track in a worker, post the frames there one at a time and pass them to `track` as an async
 * iterable.
 *
 * @param video - A video element, in a page.
 * @param options - `signal`: ends the iteration when it is aborted.
 * @returns `VideoFrame` objects, or `ImageBitmap` objects in browsers without `VideoFrame`, at the
 * video's own resolution.
 * @throws {@link StganError} `video` if the video cannot be played, `unsupported-image` if the page
 * may not read its pixels.
 *
 * @example
 * ```ts
 * for await (const frame of videoFrames(video)) {
 *   worker.postMessage(frame, [frame]);
 *   await workerIsReady();
 * }
 * ```
 */
export async function* videoFrames(
  video: HTMLVideoElement,
  { signal }: { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<VideoFrame | ImageBitmap, void, void> {
  const watcher = new FrameWatcher(video, signal);
  try {
    for (;;) {
      const time = await watcher.next();
      if (time === null) return;
      yield await captureFrame(video, time);
    }
  } finally {
    watcher.close();
  }
}

/** Reports when a video element shows a frame that has not been reported yet. */
class FrameWatcher {
  readonly #video: HTMLVideoElement;
  readonly #signal: AbortSignal | undefined;
  /**
   * Without `requestVideoFrameCallback`, `currentTime` is compared at every repaint of the page.
   */
  readonly #hasFrameCallback: boolean;
  #callbackHandle: number | null = null;
  /** The time in seconds of the frame that is shown, if it has not been reported. */
  #pendingTime: number | null = null;
  #lastTime: number | null = null;
  #hasEnded = false;
  #error: StganError | null = null;
  /** Resumes `next`. */
  #resume: (() => void) | null = null;

  constructor(video: HTMLVideoElement, signal: AbortSignal | undefined) {
    this.#video = video;
    this.#signal = signal;
    this.#hasFrameCallback = typeof video.requestVideoFrameCallback === 'function';
    if (video.error) this.#fail();
    if (signal?.aborted || video.ended) this.#end();
    signal?.addEventListener('abort', this.#end);
    document.addEventListener('visibilitychange', this.#watchIfVisible);
    video.addEventListener('ended', this.#end);
    video.addEventListener('error', this.#fail);
    this.#watchIfVisible();
  }

  /** Waits for a frame and returns its time in seconds, or null after the last frame. */
  async next(): Promise<number | null> {
    while (this.#pendingTime === null && !this.#hasEnded && !this.#error)
      await new Promise<void>((resolve) => (this.#resume = resolve));
    if (this.#error) throw this.#error;
    if (this.#hasEnded) return null;
    this.#lastTime = this.#pendingTime;
    this.#pendingTime = null;
    return this.#lastTime;
  }

  close(): void {
    this.#hasEnded = true;
    this.#cancelCallback();
    this.#signal?.removeEventListener('abort', this.#end);
    document.removeEventListener('visibilitychange', this.#watchIfVisible);
    this.#video.removeEventListener('ended', this.#end);
    this.#video.removeEventListener('error', this.#fail);
  }

  #wake(): void {
    this.#resume?.();
    this.#resume = null;
  }

  #end = (): void => {
    this.#hasEnded = true;
    this.#wake();
  };

  #fail = (): void => {
    this.#error = new StganError(
      'video',
      `the video cannot be played: ${this.#video.error?.message || 'unknown error'}`,
    );
    this.#wake();
  };

  #watchIfVisible = (): void => {
    this.#cancelCallback();
    // A frame from before the page was hidden is outdated when the page is visible again.
    if (document.hidden) this.#pendingTime = null;
    else if (!this.#hasEnded) this.#requestCallback();
  };

  #cancelCallback(): void {
    if (this.#callbackHandle === null) return;
    if (this.#hasFrameCallback) this.#video.cancelVideoFrameCallback(this.#callbackHandle);
    else cancelAnimationFrame(this.#callbackHandle);
    this.#callbackHandle = null;
  }

  #requestCallback(): void {
    const video = this.#video;
    const report = (time: number): void => {
      this.#requestCallback();
      this.#pendingTime = time;
      this.#wake();
    };
    const compareTime = (): void => {
      if (video.currentTime !== this.#lastTime && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA)
        report(video.currentTime);
      else this.#requestCallback();
    };
    this.#callbackHandle = this.#hasFrameCallback
      ? video.requestVideoFrameCallback((_now, { mediaTime }) => report(mediaTime))
      : requestAnimationFrame(compareTime);
  }
}

/** Captures the frame that a video shows now; `time` is in seconds. */
async function captureFrame(video: HTMLVideoElement, time: number): Promise<VideoFrame | ImageBitmap> {
  try {
    if (typeof VideoFrame === 'function') return new VideoFrame(video, { timestamp: Math.round(time * 1e6) });
    return await createImageBitmap(video);
  } catch (error) {
    throw wrap(error, 'unsupported-image', 'the page may not read the pixels of this video');
  }
}
