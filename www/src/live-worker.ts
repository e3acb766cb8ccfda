/** The worker's part of the live view: pictures come from the page one at a time, and are drawn with the frame on. */
import type { FrameImage, Track, TrackedFrame, TryOn } from 'stgan';
import { PictureError } from './pictures.ts';
import type { LiveInfo } from './protocol.ts';

interface Waiting {
  resolve(info: LiveInfo): void;
  reject(error: unknown): void;
}

/** Pictures for a track, as they are pushed. */
class Queue implements AsyncIterable<FrameImage> {
  #next: ((picture: FrameImage) => void) | null = null;
  #early: FrameImage[] = [];

  push(picture: FrameImage): void {
    if (this.#next) this.#next(picture);
    else this.#early.push(picture);
    this.#next = null;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FrameImage, void, void> {
    for (;;) yield this.#early.shift() ?? (await new Promise<FrameImage>((resolve) => (this.#next = resolve)));
  }
}

export class Live {
  #track: Track | null = null;
  #queue = new Queue();
  #canvas: OffscreenCanvas | null = null;
  #waiting: Waiting[] = [];
  #kept: ImageData | null = null;
  /** Counts starts and stops: what was begun before the last one is not wanted any more. */
  #turn = 0;

  /** Keeps a canvas, which comes only once, even if nothing is ever drawn. */
  take(canvas: OffscreenCanvas | null): void {
    this.#canvas = canvas ?? this.#canvas;
  }

  async start(tryOn: TryOn, frame: ImageData, people: number): Promise<void> {
    this.stop();
    const turn = this.#turn;
    this.#queue = new Queue();
    const track = await tryOn.track(this.#queue, frame, {
      people,
      canvas: this.#canvas ?? undefined,
      onFrame: (picture) => this.#waiting.shift()?.resolve(summary(picture)),
    });
    if (turn !== this.#turn) {
      track.stop();
      throw stopped();
    }
    this.#track = track;
    track.ended.catch((error: unknown) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  /** Shows a picture, and keeps it where that is wanted. */
  async see(picture: VideoFrame | ImageBitmap, keep: boolean): Promise<LiveInfo> {
    const track = this.#track;
    if (!track || track.state === 'stopped') {
      picture.close();
      throw stopped();
    }
    // Asked for first: it is of the next picture.
    const kept = keep ? track.snapshot() : null;
    const seen = new Promise<LiveInfo>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#queue.push(picture);
    const [info, image] = await Promise.all([seen, kept]);
    this.#kept = image ?? this.#kept;
    return info;
  }

  async setGlasses(frame: ImageData): Promise<void> {
    await this.#track?.setGlasses(frame);
  }

  /** The picture that was last kept. */
  get kept(): ImageData {
    if (!this.#kept) throw new PictureError('stale', 'no picture has been taken');
    return this.#kept;
  }

  stop(): void {
    this.#turn++;
    this.#track?.stop();
    this.#track = null;
    for (const { reject } of this.#waiting.splice(0)) reject(stopped());
  }
}

const stopped = (): PictureError => new PictureError('stale', 'the camera has been stopped');

function summary({ width, height, faces, times: { read, detect, fit, draw } }: TrackedFrame): LiveInfo {
  return {
    width,
    height,
    homographies: faces.map(({ homography }) => Array.from(homography)),
    milliseconds: read + detect + fit + draw,
  };
}
