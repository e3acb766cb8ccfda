import { StganError } from '../errors.js';
import { openCamera, stopTracks } from '../frame-sources.js';
import type { ImageSource } from '../images.js';
import type { Track } from '../track.js';
import type { TrackState } from '../track-types.js';
import type { TryOn } from '../tryon.js';
import type { WorkerTryOn } from '../worker/client.js';
import type { WorkerTrack } from '../worker/track.js';

/** What the live view reports. */
export interface LiveEvents {
  state(state: TrackState): void;
  /** The camera or the tracking failed after the start. */
  fail(error: unknown): void;
}

/** The camera, and the glasses that follow the faces in front of it. */
export class LiveView {
  readonly #events: LiveEvents;
  readonly #controller = new AbortController();
  #track: Track | WorkerTrack | null = null;
  #stream: MediaStream | null = null;
  /** A worker draws on it for good, so each start has its own. */
  readonly canvas = document.createElement('canvas');

  /** The camera that is open. */
  readonly facing: 'user' | 'environment';

  constructor(facing: 'user' | 'environment', events: LiveEvents) {
    this.facing = facing;
    this.#events = events;
  }

  /**
   * Opens the camera and starts tracking.
   *
   * @throws {@link StganError} `camera-denied`, `camera-unavailable`, and the errors of
   * `TryOn.track`; the signal's reason if it is stopped meanwhile.
   */
  async start(loading: Promise<TryOn | WorkerTryOn>, glasses: Promise<ImageSource>): Promise<void> {
    const { signal } = this.#controller;
    const stream = await openCamera(this.facing);
    this.#stream = stream;
    try {
      signal.throwIfAborted();
      for (const track of stream.getVideoTracks()) track.addEventListener('ended', this.#disconnected);
      const [tryOn, image] = await Promise.all([loading, glasses]);
      const track = await tryOn.track(stream, image, {
        canvas: this.canvas,
        signal,
        onState: (state) => this.#events.state(state),
      });
      this.#track = track;
      track.ended.catch((error: unknown) => this.#events.fail(error));
    } catch (error) {
      stopTracks(stream);
      throw error;
    }
  }

  /** Replaces the glasses. */
  async setGlasses(glasses: ImageSource): Promise<void> {
    await this.#track?.setGlasses(glasses);
  }

  /** The next video frame with the glasses. */
  async snapshot(): Promise<ImageData> {
    if (!this.#track) throw new StganError('disposed', 'the camera is off; call start first');
    return this.#track.snapshot();
  }

  /** Stops tracking and closes the camera. Further calls have no effect. */
  stop(): void {
    for (const track of this.#stream?.getVideoTracks() ?? []) track.removeEventListener('ended', this.#disconnected);
    this.#controller.abort();
    this.#track?.stop();
    if (this.#stream) stopTracks(this.#stream);
  }

  #disconnected = (): void => this.#events.fail(new StganError('camera-unavailable', 'the camera was disconnected'));
}
