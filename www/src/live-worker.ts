/**
 * Live tracking in the worker: receives video frames one at a time and draws them with the glasses.
 */
import type { FrameImage, Glasses, Track, TrackedFrame, TryOn } from 'stgan';
import { ImageError } from './images.ts';
import type { LiveInfo } from './protocol.ts';

interface Pending {
  resolve(info: LiveInfo): void;
  reject(error: unknown): void;
}

/** Pushed video frames as an async iterable, the source of a track. */
class Queue implements AsyncIterable<FrameImage> {
  #next: ((frame: FrameImage) => void) | null = null;
  #queued: FrameImage[] = [];

  push(frame: FrameImage): void {
    if (this.#next) this.#next(frame);
    else this.#queued.push(frame);
    this.#next = null;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FrameImage, void, void> {
    for (;;) yield this.#queued.shift() ?? (await new Promise<FrameImage>((resolve) => (this.#next = resolve)));
  }
}

export class LiveTracker {
  #track: Track | null = null;
  #queue = new Queue();
  #canvas: OffscreenCanvas | null = null;
  #pending: Pending[] = [];
  #captured: ImageData | null = null;
  /** Number of starts and stops. A start that finishes after another one is discarded. */
  #generation = 0;

  /** Stores the canvas. It is transferred only once, so it must be kept even if the start fails. */
  setCanvas(canvas: OffscreenCanvas | null): void {
    this.#canvas = canvas ?? this.#canvas;
  }

  async start(tryOn: TryOn, glasses: Glasses, maxFaces: number): Promise<void> {
    this.stop();
    const generation = this.#generation;
    this.#queue = new Queue();
    const track = await tryOn.track(this.#queue, glasses, {
      people: maxFaces,
      canvas: this.#canvas ?? undefined,
      onFrame: (frame) => this.#pending.shift()?.resolve(summary(frame)),
    });
    if (generation !== this.#generation) {
      track.stop();
      throw stopped();
    }
    this.#track = track;
    track.ended.catch((error: unknown) => {
      for (const { reject } of this.#pending.splice(0)) reject(error);
    });
  }

  /** Tracks and draws a video frame, and stores the result if `capture` is set. */
  async process(frame: VideoFrame | ImageBitmap, capture: boolean): Promise<LiveInfo> {
    const track = this.#track;
    if (!track || track.state === 'stopped') {
      frame.close();
      throw stopped();
    }
    // A snapshot is of the next video frame: request it before the push.
    const snapshot = capture ? track.snapshot() : null;
    const result = new Promise<LiveInfo>((resolve, reject) => this.#pending.push({ resolve, reject }));
    this.#queue.push(frame);
    const [info, image] = await Promise.all([result, snapshot]);
    this.#captured = image ?? this.#captured;
    return info;
  }

  async setGlasses(glasses: Glasses): Promise<void> {
    await this.#track?.setGlasses(glasses);
  }

  /** The most recently captured video frame. */
  get captured(): ImageData {
    if (!this.#captured) throw new ImageError('stale', 'no photo has been taken');
    return this.#captured;
  }

  stop(): void {
    this.#generation++;
    this.#track?.stop();
    this.#track = null;
    for (const { reject } of this.#pending.splice(0)) reject(stopped());
  }
}

const stopped = (): ImageError => new ImageError('stale', 'the camera has been stopped');

function summary({ width, height, faces, times }: TrackedFrame): LiveInfo {
  return {
    width,
    height,
    homographies: faces.map(({ homography }) => Array.from(homography)),
    milliseconds: Object.values(times).reduce((sum, time) => sum + time, 0),
  };
}
