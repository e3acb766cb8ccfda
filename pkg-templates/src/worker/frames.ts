import { StganError } from '../errors.js';
import type { FrameImage } from '../frame-images.js';
import type { Glasses } from '../glasses.js';
import type { ImageSource } from '../images.js';
import type { Track } from '../track.js';
import type { TrackedFrame, TrackOptions } from '../track-types.js';
import type { TryOn } from '../tryon.js';

/** Video frames that are pushed, as the source of a track. */
class FrameQueue implements AsyncIterable<FrameImage> {
  readonly #frames: FrameImage[] = [];
  #wake: (() => void) | null = null;

  push(frame: FrameImage): void {
    this.#frames.push(frame);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FrameImage, void, void> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame) yield frame;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** The functions of the promise that `process` returned. */
interface PendingFrame {
  resolve(frame: TrackedFrame): void;
  reject(error: unknown): void;
}

/** A track in the worker, whose video frames come one at a time from the page. */
export class FrameTracker {
  readonly #queue = new FrameQueue();
  #pending: PendingFrame[] = [];
  #track: Track | undefined;

  /** Starts the track. */
  async start(tryOn: TryOn, glasses: ImageSource | Glasses, options: TrackOptions): Promise<void> {
    const onFrame = (frame: TrackedFrame): void => this.#pending.shift()?.resolve(frame);
    const track = await tryOn.track(this.#queue, glasses, { ...options, onFrame });
    this.#track = track;
    const stopped = new StganError('disposed', 'tracking has stopped; call track again');
    track.ended.then(
      () => this.#rejectAll(stopped),
      (error: unknown) => this.#rejectAll(error),
    );
  }

  /** The track, after `start`. */
  get track(): Track {
    if (!this.#track) throw new StganError('disposed', 'tracking has not started');
    return this.#track;
  }

  /** Tracks the faces in a video frame and draws it. */
  process(frame: FrameImage): Promise<TrackedFrame> {
    if (this.track.state === 'stopped') {
      if ('close' in frame) frame.close();
      return Promise.reject(new StganError('disposed', 'tracking has stopped; call track again'));
    }
    const result = new Promise<TrackedFrame>((resolve, reject) => this.#pending.push({ resolve, reject }));
    this.#queue.push(frame);
    return result;
  }

  /** Stops the track. */
  dispose(): void {
    this.#track?.stop();
  }

  #rejectAll(error: unknown): void {
    for (const { reject } of this.#pending.splice(0)) reject(error);
  }
}
