/** Live view: the model’s worker draws the video frames of the camera with the glasses. */
import { type TrackedFrame, videoFrames, type WorkerTrack, type WorkerTryOn } from 'stgan';
import type { Announcer } from './announce.ts';
import type { Model } from './editor/model.ts';
import type { Result } from './editor/result.ts';
import { countFaces } from './format.ts';
import { cameraNotice, liveNotice } from './messages.ts';
import type { GlassesCache } from './photo/glasses-cache.ts';
import type { SessionParts } from './photo/session.ts';
import type { GlassesChoice, LiveState, State, Store } from './photo/state.ts';

export interface LiveElements {
  readonly view: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly message: HTMLElement;
  readonly switch: HTMLButtonElement;
  readonly capture: HTMLButtonElement;
  readonly mirror: HTMLButtonElement;
  readonly allFaces: HTMLButtonElement;
  readonly speed: HTMLElement;
}

/** Milliseconds between two updates of the displayed speed. */
const SPEED_INTERVAL = 1000;

/** Maximum number of tracked faces. */
const MAX_FACES = 6;

export class Live {
  readonly #store: Store;
  readonly #model: Model;
  readonly #cache: GlassesCache;
  readonly #announce: Announcer;
  readonly #elements: LiveElements;
  /** The canvas, and the model that draws on it: a canvas belongs to one worker for good. */
  #canvas: HTMLCanvasElement;
  #canvasOwner: WorkerTryOn | null = null;
  /** Aborted when the camera is switched off. */
  #running: AbortController | null = null;
  #current: WorkerTrack | null = null;
  /** Whether to capture the next video frame. */
  #captureNext = false;
  #captured: ImageData | null = null;
  /** Ends the freeze after a capture. */
  #unfreeze: () => void = () => {};
  /** Start of the current speed measurement, and the frames and processing time since then. */
  #measurement = { start: 0, frames: 0, milliseconds: 0 };

  constructor({ store, model, cache, announce }: SessionParts, elements: LiveElements) {
    this.#store = store;
    this.#model = model;
    this.#cache = cache;
    this.#announce = announce;
    this.#elements = elements;
    this.#canvas = elements.canvas;
    elements.switch.addEventListener('click', () => (this.#running ? this.stop() : void this.start()));
    elements.capture.addEventListener('click', () => this.#capture());
    elements.mirror.addEventListener('click', () => this.#change({ mirror: !store.state.live.mirror }));
    elements.allFaces.addEventListener('click', () => this.#change({ allFaces: !store.state.live.allFaces }));
    // In the back/forward cache the camera would stay on.
    addEventListener('pagehide', () => this.stop());
    document.addEventListener('visibilitychange', () => this.#pauseWhileHidden());
    store.subscribe((state, before) => this.#show(state, before));
  }

  /** The video frame that was captured last, with the glasses, while it is shown. */
  get result(): Result | null {
    const { live, foreground } = this.#store.state;
    if (live.phase !== 'frozen' || !foreground) return null;
    const { width, height } = live;
    return {
      names: ['Live', foreground.choice.name],
      width,
      height,
      pixels: async () => this.#captured,
      keep: true,
    };
  }

  async start(): Promise<void> {
    if (this.#running) return;
    const running = new AbortController();
    const { signal } = running;
    this.#running = running;
    this.#announce.clear();
    this.#announce.status('Starting the camera…');
    this.#change({ phase: 'starting' });
    let stream: MediaStream | null = null;
    const video = document.createElement('video');
    const close = (): void => {
      video.srcObject = null;
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    signal.addEventListener('abort', close);
    try {
      stream = await openCamera();
      // The camera may have been switched off while the browser asked for permission.
      if (signal.aborted) return close();
      for (const track of stream.getVideoTracks())
        track.addEventListener('ended', () => this.#fail(running, new Error('the camera was disconnected')));
      video.muted = true;
      video.playsInline = true;
      video.srcObject = stream;
      await video.play();
    } catch (error) {
      return this.#fail(running, error);
    }
    try {
      await this.#track(video, signal);
    } catch (error) {
      if (!signal.aborted) {
        this.stop();
        this.#announce.notify(liveNotice(error, () => void this.start()));
      }
    }
  }

  /** Switches the camera off. */
  stop(): void {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    this.#captureNext = false;
    running.abort();
    this.#unfreeze();
    this.#current = null;
    this.#change({ phase: 'off', faces: 0, homographies: [] });
    this.#announce.status('The camera is off.');
  }

  #fail(running: AbortController, error: unknown): void {
    if (this.#running !== running) return;
    this.stop();
    this.#announce.status('');
    this.#announce.notify(cameraNotice(error));
  }

  /** Tracks faces in the video until the camera is switched off. */
  async #track(video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
    const glasses = await this.#firstGlasses(signal);
    // A track ends when the number of faces to track has changed.
    while (glasses && !signal.aborted) await this.#model.use((tryOn) => this.#trackWith(tryOn, video, signal));
  }

  /** Tracks faces until the camera is switched off, or the number of faces to track changes. */
  async #trackWith(tryOn: WorkerTryOn, video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
    const { allFaces } = this.#store.state.live;
    const { id, source } = this.#store.state.foreground!.choice;
    const track = await tryOn.track(
      this.#frames(video, allFaces, signal),
      await this.#cache.prepared(id, tryOn, source),
      {
        people: allFaces ? MAX_FACES : 1,
        canvas: this.#canvasOf(tryOn),
        signal,
        onFrame: (frame) => {
          if (!signal.aborted) this.#receive(frame);
        },
      },
    );
    this.#current = track;
    if (this.#store.state.live.phase === 'starting') {
      this.#change({ phase: 'searching' });
      this.#announce.status(SEARCHING);
      this.#resetMeasurement();
    }
    // The user may have chosen other glasses in the meantime.
    const chosen = this.#store.state.foreground?.choice;
    if (chosen && chosen.id !== id) this.#setGlasses(chosen);
    await track.ended;
  }

  /** The frames of the video, while the setting stays. They pause after a capture. */
  async *#frames(
    video: HTMLVideoElement,
    allFaces: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<VideoFrame | ImageBitmap, void, void> {
    for await (const frame of videoFrames(video, { signal })) {
      // A snapshot is of the next video frame: request it before the frame is sent.
      const snapshot = this.#captureNext ? this.#current?.snapshot() : undefined;
      this.#captureNext = false;
      yield frame;
      if (snapshot) {
        this.#captured = await snapshot;
        await this.#freeze();
      }
      if (allFaces !== this.#store.state.live.allFaces) return;
    }
  }

  /** The canvas for tracks of a model; a new one if another model has drawn on it. */
  #canvasOf(tryOn: WorkerTryOn): HTMLCanvasElement {
    if (this.#canvasOwner && this.#canvasOwner !== tryOn) {
      const canvas = this.#canvas.cloneNode() as HTMLCanvasElement;
      this.#canvas.replaceWith(canvas);
      this.#canvas = canvas;
    }
    this.#canvasOwner = tryOn;
    return this.#canvas;
  }

  /** Shows the result for a video frame. */
  #receive({ width, height, faces, times }: TrackedFrame): void {
    const homographies = faces.map(({ homography }) => Array.from(homography));
    this.#report(
      faces.length,
      Object.values(times).reduce((sum, time) => sum + time, 0),
    );
    if (this.#store.state.live.phase === 'paused') return;
    const phase = faces.length > 0 ? 'found' : 'searching';
    this.#change({ phase, faces: faces.length, homographies, width, height });
  }

  /** Resolves to the chosen glasses, as soon as there are any; to null if `signal` is aborted. */
  #firstGlasses(signal: AbortSignal): Promise<GlassesChoice | null> {
    let unsubscribe = (): void => {};
    const chosen = new Promise<GlassesChoice | null>((resolve) => {
      signal.addEventListener('abort', () => resolve(null));
      unsubscribe = this.#store.subscribe(({ foreground }) => foreground && resolve(foreground.choice));
    });
    return chosen.finally(() => unsubscribe());
  }

  #capture(): void {
    if (this.#store.state.live.phase === 'frozen') this.#unfreeze();
    else this.#captureNext = this.#running !== null;
  }

  /** Shows the captured video frame until the user goes back to the live view. */
  async #freeze(): Promise<void> {
    const unfrozen = new Promise<void>((resolve) => (this.#unfreeze = resolve));
    this.#change({ phase: 'frozen' });
    this.#announce.status('Photo taken. Download it, or go back to the live view.');
    await unfrozen;
    if (!this.#running) return;
    this.#change({ phase: 'searching' });
    this.#announceFaces(this.#store.state.live.faces);
    this.#resetMeasurement();
  }

  #setGlasses({ id, source }: GlassesChoice): void {
    const track = this.#current;
    if (!track) return;
    void this.#model
      .use(async (tryOn) => track.setGlasses(await this.#cache.prepared(id, tryOn, source)))
      .catch(() => {});
  }

  #pauseWhileHidden(): void {
    const { phase } = this.#store.state.live;
    if (document.hidden && (phase === 'found' || phase === 'searching')) this.#change({ phase: 'paused' });
    else if (!document.hidden && phase === 'paused') this.#change({ phase: 'searching' });
  }

  #change(change: Partial<LiveState>): void {
    this.#store.set({ live: { ...this.#store.state.live, ...change } });
  }

  #announceFaces(faces: number): void {
    this.#announce.status(faces ? `${countFaces(faces)} found.` : SEARCHING);
  }

  #resetMeasurement(): void {
    this.#measurement = { start: performance.now(), frames: 0, milliseconds: 0 };
  }

  /**
   * Announces a changed number of faces, and shows the speed once per interval without announcing
   * it.
   */
  #report(faces: number, milliseconds: number): void {
    if (faces !== this.#store.state.live.faces) this.#announceFaces(faces);
    const measurement = this.#measurement;
    measurement.frames++;
    measurement.milliseconds += milliseconds;
    const elapsed = performance.now() - measurement.start;
    if (elapsed < SPEED_INTERVAL) return;
    const rate = Math.round((1000 * measurement.frames) / elapsed);
    const mean = (measurement.milliseconds / measurement.frames).toFixed(0);
    this.#resetMeasurement();
    this.#elements.speed.textContent = `${rate} frames per second, ${mean} ms per frame`;
  }

  #show({ mode, live, foreground }: State, before: State): void {
    const { view, message, switch: button, capture, mirror, allFaces, speed } = this.#elements;
    // The last status message belongs to the other tab.
    if (before.mode !== mode) this.#announce.status('');
    if (before.mode === 'live' && mode !== 'live') this.stop();
    if (this.#running && foreground && before.foreground && foreground.choice !== before.foreground.choice) {
      this.#setGlasses(foreground.choice);
      if (live.phase === 'frozen') this.#unfreeze();
    }
    const { phase } = live;
    const on = phase !== 'off';
    view.dataset.phase = phase;
    view.dataset.mirror = String(live.mirror);
    if (live.width > 0) view.style.setProperty('--ratio', String(live.width / live.height));
    const text = MESSAGES[phase];
    if (message.textContent !== text) message.textContent = text;
    button.querySelector('.label')!.textContent = on ? 'Stop' : 'Start the camera';
    button.dataset.busy = String(phase === 'starting');
    for (const style of ['is-primary', 'is-large']) button.classList.toggle(style, !on);
    capture.disabled = !['found', 'searching', 'frozen'].includes(phase);
    capture.textContent = phase === 'frozen' ? 'Back to live' : 'Take a photo';
    mirror.setAttribute('aria-pressed', String(live.mirror));
    allFaces.setAttribute('aria-pressed', String(live.allFaces));
    if (!['found', 'searching'].includes(phase) && speed.textContent) speed.textContent = '';
  }
}

const SEARCHING = 'Looking for a face…';

/** Message on top of the view, by phase. */
const MESSAGES: Record<LiveState['phase'], string> = {
  off: '',
  starting: 'Waiting for the camera',
  searching: 'Looking for a face',
  found: '',
  paused: 'Paused',
  frozen: '',
};

/** Whether the browser can open a camera: not in insecure contexts. */
export function hasCamera(): boolean {
  return Boolean(navigator.mediaDevices?.getUserMedia);
}

function openCamera(): Promise<MediaStream> {
  if (!hasCamera()) return Promise.reject(new DOMException('this browser has no camera support', 'NotFoundError'));
  return navigator.mediaDevices.getUserMedia({
    video: { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 720 } },
    audio: false,
  });
}
