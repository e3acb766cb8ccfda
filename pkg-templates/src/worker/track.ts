import { dispose } from '../dispose.js';
import { StganError, wrap } from '../errors.js';
import type { FrameSource } from '../frame-sources.js';
import type { ImageSource } from '../images.js';
import type { ImageData } from '../platform.js';
import type { TrackedFace, TrackedFrame, TrackOptions, TrackState } from '../track-types.js';
import type { Connection } from './connection.js';
import { createGlasses, type WorkerGlasses } from './objects.js';
import type { GlassesInfo, GlassesMessage, Handle } from './protocol.js';
import { frameMessage, type Message, received } from './transfer.js';

/** The parts of a track. */
interface TrackParts {
  connection: Connection;
  handle: Handle;
  glasses: GlassesInfo;
  source: FrameSource;
  openGlasses: GlassesOpener;
}

/** Converts glasses to a message. */
type GlassesOpener = (glasses: ImageSource | WorkerGlasses) => Promise<Message<GlassesMessage>>;

/**
 * Creates a `WorkerTrack`, whose constructor is private, and starts it.
 *
 * @internal
 */
export let createTrack: (parts: TrackParts, options: TrackOptions) => WorkerTrack;

/**
 * Keeps glasses on the faces of a video, in a worker. The page sends one video frame at a time and
 * drops those that arrive in between. Call `stop` (or declare it with `using`) after use.
 */
export class WorkerTrack {
  static {
    createTrack = (parts, options) => new WorkerTrack(parts, options);
  }

  /**
   * Resolves when tracking has stopped. Rejects with a {@link StganError} if an error stopped it.
   */
  readonly ended: Promise<void>;
  readonly #parts: TrackParts;
  readonly #options: TrackOptions;
  readonly #removeListener: () => void;
  #glasses: WorkerGlasses;
  #state: TrackState = 'searching';
  #faces: readonly TrackedFace[] = [];
  /** Ends the wait for the next video frame, or fails it. */
  #interrupt!: (value: null | Promise<never>) => void;

  private constructor(parts: TrackParts, options: TrackOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#glasses = createGlasses(parts.connection, parts.glasses);
    this.#removeListener = parts.connection.onEnd((reason) => {
      if (reason.code !== 'disposed') this.#interrupt(Promise.reject(reason));
      this.stop();
    });
    const interrupted = new Promise<null>((resolve) => (this.#interrupt = resolve));
    this.ended = this.#run(interrupted);
    // Avoid an unhandled rejection if `ended` is not awaited.
    this.ended.catch(() => {});
  }

  /** The current state. */
  get state(): TrackState {
    return this.#state;
  }

  /** The faces of the last video frame; empty while no face is tracked. */
  get faces(): readonly TrackedFace[] {
    return this.#faces;
  }

  /** The prepared glasses. They are disposed when they are replaced and when tracking stops. */
  get glasses(): WorkerGlasses {
    return this.#glasses;
  }

  /**
   * Replaces the glasses, as `Track.setGlasses`.
   *
   * @throws {@link StganError} `disposed` after `stop`, and the errors of `TryOn.fit` for the
   * glasses.
   */
  async setGlasses(glasses: ImageSource | WorkerGlasses): Promise<void> {
    const { connection, handle, openGlasses } = this.#requireParts();
    const { value, transfer } = await openGlasses(glasses);
    const info = await connection.request('set-glasses', { track: handle, glasses: value }, transfer);
    const next = createGlasses(connection, info);
    if (this.#state === 'stopped') return next.dispose();
    this.#glasses.dispose();
    this.#glasses = next;
  }

  /**
   * Returns the next video frame with the glasses on it, as `Track.snapshot`.
   *
   * @throws {@link StganError} `disposed` after `stop`, or if tracking stops before the next frame.
   */
  async snapshot(): Promise<ImageData> {
    const { connection, handle } = this.#requireParts();
    return received(await connection.request('snapshot', { track: handle }));
  }

  /**
   * Stops tracking, frees the memory and closes the camera if `track` opened it. Further calls have
   * no effect.
   */
  stop(): void {
    if (this.#state === 'stopped') return;
    this.#interrupt(null);
    this.#removeListener();
    this.#parts.source.close();
    this.#glasses.dispose();
    this.#parts.connection.release(this.#parts.handle);
    this.#setState('stopped');
  }

  /** Calls `stop`; for `using` declarations. */
  [dispose](): void {
    this.stop();
  }

  #requireParts(): TrackParts {
    if (this.#state === 'stopped') throw new StganError('disposed', 'tracking has stopped; call track again');
    return this.#parts;
  }

  #setState(state: TrackState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }

  async #run(interrupted: Promise<null>): Promise<void> {
    const { signal } = this.#options;
    const abort = (): void => this.stop();
    const updateVisibility = (): void =>
      document.hidden ? this.#setState('paused') : this.#setState(this.#faces.length ? 'found' : 'searching');
    const page = typeof document === 'undefined' ? null : document;
    signal?.addEventListener('abort', abort);
    page?.addEventListener('visibilitychange', updateVisibility);
    try {
      // Callbacks run only after the caller has received the track.
      await null;
      if (signal?.aborted) return;
      for (;;) {
        const frame = await Promise.race([this.#parts.source.next(), interrupted]);
        if (!frame) return;
        const { value, transfer } = await frameMessage(frame);
        const { connection, handle } = this.#parts;
        const result = connection.request('frame', { track: handle, frame: value }, transfer);
        const tracked = await Promise.race([result, interrupted]);
        if (!tracked) return;
        this.#report(tracked);
      }
    } catch (error) {
      throw wrap(error, 'internal', 'tracking failed');
    } finally {
      signal?.removeEventListener('abort', abort);
      page?.removeEventListener('visibilitychange', updateVisibility);
      this.stop();
    }
  }

  #report(frame: TrackedFrame): void {
    this.#faces = frame.faces;
    if (this.#state !== 'paused') this.#setState(frame.faces.length ? 'found' : 'searching');
    this.#options.onFrame?.(frame);
  }
}
