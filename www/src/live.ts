/** The live view: the camera's pictures go to the worker one at a time, and come back drawn, with the frame on. */
import { videoFrames } from 'stgan';
import type { Announcer } from './announce.ts';
import type { Client } from './client.ts';
import { cameraNotice, liveNotice } from './messages.ts';
import type { FrameChoice, LiveState, State, Store } from './state.ts';
import { countFaces } from './words.ts';

export interface LiveElements {
  readonly view: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly words: HTMLElement;
  readonly switch: HTMLButtonElement;
  readonly shoot: HTMLButtonElement;
  readonly mirror: HTMLButtonElement;
  readonly everyone: HTMLButtonElement;
  readonly speed: HTMLElement;
}

/** Milliseconds between two news of how fast it goes. */
const NEWS = 1000;

/** As many as one can see. */
const EVERYONE = 6;

export class Live {
  readonly #store: Store;
  readonly #client: Client;
  readonly #announce: Announcer;
  readonly #elements: LiveElements;
  /** The canvas, until the worker has it. */
  #canvas: OffscreenCanvas | null;
  /** Aborted when the camera goes off. */
  #running: AbortController | null = null;
  /** The next picture is to be kept. */
  #keep = false;
  /** Lets the pictures go on after one was kept. */
  #thaw: () => void = () => {};
  /** Since how fast it goes was last told: when that was, pictures, and milliseconds of work on them. */
  #since = { time: 0, pictures: 0, work: 0 };

  constructor(store: Store, client: Client, announce: Announcer, elements: LiveElements) {
    this.#store = store;
    this.#client = client;
    this.#announce = announce;
    this.#elements = elements;
    this.#canvas = elements.canvas.transferControlToOffscreen();
    elements.switch.addEventListener('click', () => (this.#running ? this.stop() : void this.start()));
    elements.shoot.addEventListener('click', () => this.#shoot());
    elements.mirror.addEventListener('click', () => this.#change({ mirror: !store.state.live.mirror }));
    elements.everyone.addEventListener('click', () => this.#change({ everyone: !store.state.live.everyone }));
    // The camera does not look on from behind another page.
    addEventListener('pagehide', () => this.stop());
    document.addEventListener('visibilitychange', () => this.#hide());
    store.subscribe((state, before) => this.#show(state, before));
  }

  async start(): Promise<void> {
    if (this.#running) return;
    const running = new AbortController();
    const { signal } = running;
    this.#running = running;
    this.#announce.clear();
    this.#announce.say('Starting the camera…');
    this.#change({ phase: 'starting' });
    let stream: MediaStream | null = null;
    const video = document.createElement('video');
    const off = (): void => {
      video.srcObject = null;
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    signal.addEventListener('abort', off);
    try {
      stream = await openCamera();
      // Switched off while the browser asked for permission.
      if (signal.aborted) return off();
      for (const track of stream.getVideoTracks())
        track.addEventListener('ended', () => this.#fail(running, new Error('it was unplugged')));
      video.muted = true;
      video.playsInline = true;
      video.srcObject = stream;
      await video.play();
    } catch (error) {
      return this.#fail(running, error);
    }
    try {
      await this.#follow(video, signal);
    } catch (error) {
      if (!signal.aborted) {
        this.stop();
        this.#announce.warn(liveNotice(error, () => void this.start()));
      }
    }
  }

  /** Switches the camera off. */
  stop(): void {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    this.#keep = false;
    running.abort();
    this.#thaw();
    void this.#client.ask('live-stop', {}).catch(() => {});
    this.#change({ phase: 'off', faces: 0, homographies: [] });
    this.#announce.say('The camera is off.');
  }

  #fail(running: AbortController, error: unknown): void {
    if (this.#running !== running) return;
    this.stop();
    this.#announce.say('');
    this.#announce.warn(cameraNotice(error));
  }

  /** Sends pictures to the worker, each after the answer to the one before, until the camera goes off. */
  async #follow(video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
    let everyone = await this.#ready(signal);
    if (signal.aborted) return;
    this.#change({ phase: 'searching' });
    this.#announce.say(LOOKING);
    this.#since = { time: performance.now(), pictures: 0, work: 0 };
    for await (const picture of videoFrames(video, { signal })) {
      if (signal.aborted) return picture.close();
      const keep = this.#keep;
      this.#keep = false;
      const { width, height, homographies, milliseconds } = await this.#client.ask('live-picture', { picture, keep }, [
        picture,
      ]);
      if (signal.aborted) return;
      const phase = homographies.length > 0 ? 'found' : 'searching';
      this.#tell(homographies.length, milliseconds);
      if (this.#store.state.live.phase !== 'paused')
        this.#change({ phase, faces: homographies.length, homographies, width, height });
      if (keep) await this.#freeze();
      if (everyone !== this.#store.state.live.everyone) everyone = await this.#ready(signal);
    }
  }

  /** Has the worker follow whoever is wanted: whether that is everyone. */
  async #ready(signal: AbortSignal): Promise<boolean> {
    const { everyone } = this.#store.state.live;
    const frame = await this.#frame(signal);
    if (!frame) return everyone;
    const canvas = this.#canvas;
    this.#canvas = null;
    const people = everyone ? EVERYONE : 1;
    await this.#client.ask(
      'live-start',
      { frame: frame.id, source: frame.source, canvas, people },
      canvas ? [canvas] : [],
    );
    // Another may have been chosen meanwhile.
    const chosen = this.#store.state.frame?.choice;
    if (chosen && chosen !== frame) this.#wear(chosen);
    return everyone;
  }

  /** The frame to begin with: the chosen one, or the one that comes first once the catalogue is there. */
  #frame(signal: AbortSignal): Promise<FrameChoice | null> {
    let end = (): void => {};
    const chosen = new Promise<FrameChoice | null>((resolve) => {
      signal.addEventListener('abort', () => resolve(null));
      end = this.#store.subscribe(({ frame }) => frame && resolve(frame.choice));
    });
    return chosen.finally(() => end());
  }

  #shoot(): void {
    if (this.#store.state.live.phase === 'frozen') this.#thaw();
    else this.#keep = this.#running !== null;
  }

  /** Stops at the picture that was kept, until the user has seen enough of it. */
  async #freeze(): Promise<void> {
    const thawed = new Promise<void>((resolve) => (this.#thaw = resolve));
    this.#change({ phase: 'frozen' });
    this.#announce.say('Picture taken. Download it, or go back to the live view.');
    await thawed;
    if (!this.#running) return;
    this.#change({ phase: 'searching' });
    const { faces } = this.#store.state.live;
    this.#announce.say(faces ? `Following ${countFaces(faces)}.` : LOOKING);
    this.#since = { time: performance.now(), pictures: 0, work: 0 };
  }

  #wear({ id, source }: FrameChoice): void {
    void this.#client.ask('live-frame', { frame: id, source }).catch(() => {});
  }

  #hide(): void {
    const { phase } = this.#store.state.live;
    if (document.hidden && (phase === 'found' || phase === 'searching')) this.#change({ phase: 'paused' });
    else if (!document.hidden && phase === 'paused') this.#change({ phase: 'searching' });
  }

  #change(change: Partial<LiveState>): void {
    this.#store.update({ live: { ...this.#store.state.live, ...change } });
  }

  /** News of who is seen when that changes, and of how fast it goes, which is not read out, every second. */
  #tell(faces: number, milliseconds: number): void {
    if (faces !== this.#store.state.live.faces) this.#announce.say(faces ? `Following ${countFaces(faces)}.` : LOOKING);
    const since = this.#since;
    since.pictures++;
    since.work += milliseconds;
    const [now, { time, pictures: count, work }] = [performance.now(), since];
    if (now - time < NEWS) return;
    this.#since = { time: now, pictures: 0, work: 0 };
    this.#elements.speed.textContent = `${Math.round((1000 * count) / (now - time))} pictures a second, ${(work / count).toFixed(0)} ms each`;
  }

  #show({ mode, live, frame }: State, before: State): void {
    const { view, words, switch: button, shoot, mirror, everyone, speed } = this.#elements;
    // What was said is of the other tab.
    if (before.mode !== mode) this.#announce.say('');
    if (before.mode === 'live' && mode !== 'live') this.stop();
    if (this.#running && frame && before.frame && frame.choice !== before.frame.choice) {
      this.#wear(frame.choice);
      if (live.phase === 'frozen') this.#thaw();
    }
    const { phase } = live;
    const on = phase !== 'off';
    view.dataset.phase = phase;
    view.dataset.mirror = String(live.mirror);
    if (live.width > 0) view.style.setProperty('--ratio', String(live.width / live.height));
    const text = WORDS[phase];
    if (words.textContent !== text) words.textContent = text;
    button.querySelector('.label')!.textContent = on ? 'Stop' : 'Start the camera';
    button.dataset.busy = String(phase === 'starting');
    for (const style of ['is-primary', 'is-large']) button.classList.toggle(style, !on);
    shoot.disabled = !['found', 'searching', 'frozen'].includes(phase);
    shoot.textContent = phase === 'frozen' ? 'Back to live' : 'Take a picture';
    mirror.setAttribute('aria-pressed', String(live.mirror));
    everyone.setAttribute('aria-pressed', String(live.everyone));
    if (!['found', 'searching'].includes(phase) && speed.textContent) speed.textContent = '';
  }
}

const LOOKING = 'Looking for a face…';

/** What lies over the view. */
const WORDS: Record<LiveState['phase'], string> = {
  off: '',
  starting: 'Waiting for the camera',
  searching: 'Looking for a face',
  found: '',
  paused: 'Paused',
  frozen: '',
};

/** Whether there may be a camera: not in insecure contexts and in some browsers. */
export function hasCamera(): boolean {
  return Boolean(navigator.mediaDevices?.getUserMedia);
}

function openCamera(): Promise<MediaStream> {
  if (!hasCamera()) return Promise.reject(new DOMException('no camera in this browser', 'NotFoundError'));
  return navigator.mediaDevices.getUserMedia({
    video: { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 720 } },
    audio: false,
  });
}
