import { StganError, wrap } from '../errors.js';
import type { ImageSource } from '../images.js';
import { acquire, type Lease } from '../lease.js';
import type { TryOn } from '../tryon.js';
import type { WorkerTryOn } from '../worker/client.js';
import type { FitDetail, TryOnElementEventMap, TryOnElementState } from './events.js';
import { GlassesImages } from './glasses-images.js';
import { LiveView } from './live.js';
import { encode, PhotoView } from './photo.js';
import { ElementProperties } from './properties.js';
import type { TryOnTexts } from './texts.js';
import type { ImageValue } from './values.js';
import { View } from './view.js';

type TextName = Exclude<keyof TryOnTexts, 'error'>;

/** A fit that was started, and its inputs. */
interface FitJob {
  inputs: readonly unknown[];
  controller: AbortController;
  result: Promise<FitDetail>;
  hasFailed: boolean;
}

/**
 * The element `<stgan-try-on>`: glasses on a photo or on the camera. Nothing is loaded until it is
 * visible, or until `fit` or `start` is called.
 *
 * @example
 * ```html
 * <stgan-try-on photo="portrait.jpg" glasses="round.png square.png"></stgan-try-on>
 * ```
 */
export class TryOnElement extends ElementProperties {
  /** The attributes of which changes are noticed; `appearance` is only used by the style. */
  static readonly observedAttributes: readonly string[] = ElementProperties.names;

  readonly #root = this.attachShadow({ mode: 'open' });
  #view: View | null = null;
  readonly #photo = new PhotoView();
  readonly #images = new GlassesImages((index, image) => this.#view?.drawThumbnail(index, image));
  #observer: IntersectionObserver | null = null;
  /** Whether the element has been visible or asked for since it was connected. */
  #isActive = false;
  #isScheduled = false;
  #lease: { options: string; lease: Lease } | null = null;
  #job: FitJob | null = null;
  #live: LiveView | null = null;
  /** The glasses that the live view shows. */
  #liveGlasses: Promise<ImageSource> | null = null;
  #state: TryOnElementState = 'idle';
  /** The name of the text for the state. */
  #text: TextName | '' = '';

  /** The current state. */
  get state(): TryOnElementState {
    return this.#state;
  }

  /** Called by the browser. */
  connectedCallback(): void {
    this.adoptEarlyProperties();
    this.#view ??= this.#createView();
    addEventListener('pagehide', this.#stopWithPage);
    if (typeof IntersectionObserver === 'function') {
      this.#observer = new IntersectionObserver((entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) this.#activate();
      });
      this.#observer.observe(this);
    } else this.#activate();
    this.changed();
  }

  /** Called by the browser. */
  disconnectedCallback(): void {
    removeEventListener('pagehide', this.#stopWithPage);
    this.#observer?.disconnect();
    this.#isActive = false;
    this.#endLive();
    this.#endFit();
    this.#images.set([]);
    this.#view?.setGlasses([], 0);
    this.#releaseLease();
    this.#setState('idle');
  }

  /**
   * Fits the selected glasses to the photo and shows the result, also if the element has not been
   * visible. A fit that is running or shown for the same inputs is not repeated.
   *
   * @throws {@link StganError} `argument` if there is no photo, no glasses or no document,
   * `aborted` if an input changes or the element is removed meanwhile, and the errors of
   * `TryOn.create` and `TryOn.fit`.
   */
  async fit(): Promise<FitDetail> {
    this.#requireConnected();
    this.#activate();
    this.#syncGlasses();
    const inputs = this.#inputs();
    if (!inputs) throw new StganError('argument', 'the element has no photo or no glasses; set both first');
    return this.#startFit(inputs, true);
  }

  /**
   * Opens the camera and keeps the glasses on the faces before it. Call it in response to a click;
   * the element's own button does the same. The mode must be `live`.
   *
   * @throws {@link StganError} `argument` in the mode `photo` or without glasses, `aborted` if it
   * is stopped meanwhile, and the errors of `TryOn.create` and `TryOn.track`.
   */
  async start(): Promise<void> {
    this.#requireConnected();
    if (this.mode !== 'live') throw new StganError('argument', "the mode is 'photo'; set it to 'live' first");
    this.#activate();
    this.#syncGlasses();
    const glasses = this.#images.at(this.selected);
    if (!glasses) throw new StganError('argument', 'the element has no glasses; set them first');
    this.#endLive();
    const live = new LiveView(this.camera, {
      state: (state) => live === this.#live && state !== 'stopped' && this.#setState(state),
      fail: (error) => live === this.#live && this.#failLive(error),
    });
    this.#live = live;
    this.#setState('starting');
    try {
      const loading = this.#load();
      // The camera may fail first.
      loading.catch(() => {});
      await live.start(loading, glasses);
      if (live !== this.#live) throw aborted('the camera was stopped');
    } catch (error) {
      if (live !== this.#live) throw aborted('the camera was stopped');
      throw this.#failLive(error);
    }
    this.#view?.show(live.canvas, 'camera');
    if (this.#state === 'starting') this.#setState('searching');
    this.#liveGlasses = glasses;
    // Other glasses may have been selected meanwhile.
    this.changed();
  }

  /** Closes the camera. Without an open camera it has no effect. */
  stop(): void {
    if (!this.#live) return;
    this.#endLive();
    this.#setState('stopped');
  }

  /**
   * Returns the photo with the glasses at its own size, after a fit if there is none yet; in the
   * mode `live` the next video frame.
   *
   * @throws {@link StganError} the errors of `fit`; `disposed` if the camera is off.
   */
  async composite(): Promise<ImageData> {
    if (this.mode === 'live') {
      if (!this.#live) throw new StganError('disposed', 'the camera is off; call start first');
      return this.#live.snapshot();
    }
    await this.fit();
    return this.#photo.composite();
  }

  /**
   * Returns `composite` as an image file, for example to save or to share it. It is not mirrored.
   *
   * @param type - The type of the file.
   * @throws {@link StganError} as `composite`.
   */
  async snapshot(type: 'image/png' | 'image/jpeg' | 'image/webp' = 'image/png'): Promise<Blob> {
    return encode(await this.composite(), type);
  }

  /** @internal */
  protected override changed(name?: string): void {
    if (!this.isConnected) return;
    if (name === 'texts') this.#view?.setTexts(this.texts);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (this.isConnected) this.#update();
    });
  }

  /** Brings the view and the work in line with the properties. */
  #update(): void {
    this.#syncGlasses();
    this.#show();
    if (!this.#isActive) return;
    this.#images.loadThumbnails();
    if (this.mode === 'live') {
      this.#endFit();
      this.#updateLive();
      return;
    }
    if (this.#live) this.stop();
    const inputs = this.#inputs();
    if (inputs) this.#startFit(inputs, false).catch(() => {});
    else this.#endFit();
  }

  #updateLive(): void {
    if (!this.#live) {
      if (this.#state !== 'error' && this.#state !== 'stopped') this.#setState('idle');
      return;
    }
    if (this.#live.facing !== this.camera) {
      this.start().catch(() => {});
      return;
    }
    const live = this.#live;
    const glasses = this.#images.at(this.selected);
    if (!glasses || glasses === this.#liveGlasses || this.#state === 'starting') return;
    this.#liveGlasses = glasses;
    glasses.then((image) => live.setGlasses(image)).catch((error) => live === this.#live && this.#report(error));
  }

  #startFit(inputs: readonly unknown[], retry: boolean): Promise<FitDetail> {
    const current = this.#job;
    const isSame = current?.inputs.every((input, index) => input === inputs[index]);
    if (current && isSame && !(retry && current.hasFailed)) return current.result;
    current?.controller.abort();
    const controller = new AbortController();
    const result = this.#fit(controller.signal);
    const job = { inputs, controller, result, hasFailed: false };
    this.#job = job;
    result.catch(() => (job.hasFailed = true));
    return result;
  }

  async #fit(signal: AbortSignal): Promise<FitDetail> {
    try {
      // The job is known before a listener is called.
      await null;
      signal.throwIfAborted();
      this.#setState('loading');
      const [photo, glasses, selected] = [this.photo as ImageValue, this.#images.at(this.selected), this.selected];
      const placement = this.readPlacement();
      const loading = this.#load();
      loading.catch(() => {});
      await this.#photo.open(photo, signal);
      this.#view?.show(this.#photo.canvas, 'photo');
      const [tryOn, image] = await Promise.all([loading, glasses as Promise<ImageSource>]);
      signal.throwIfAborted();
      this.#setState('fitting');
      const detail = await this.#photo.fit(tryOn, { photo, glasses: image, selected, placement }, signal);
      this.#setState('fitted', detail.confidence !== null && detail.confidence < 0.5 ? 'unsure' : 'fitted');
      this.#dispatch('stgan-fit', detail);
      return detail;
    } catch (error) {
      if (signal.aborted) throw aborted('an input changed or the element was removed');
      throw this.#report(error);
    }
  }

  /** What a fit depends on; null if something is missing. */
  #inputs(): readonly unknown[] | null {
    const glasses = this.#images.at(this.selected);
    if (!this.photo || !glasses) return null;
    return [this.photo, glasses, this.placementKey, this.leaseKey];
  }

  #endFit(): void {
    this.#job?.controller.abort();
    if (this.#job) {
      this.#photo.close();
      this.#view?.show(null);
      this.#setState('idle');
    }
    this.#job = null;
  }

  #endLive(): void {
    if (!this.#live) return;
    const live = this.#live;
    this.#live = null;
    live.stop();
    this.#view?.show(null);
  }

  #failLive(error: unknown): StganError {
    this.#endLive();
    return this.#report(error);
  }

  /** Shows, announces and dispatches an error. */
  #report(error: unknown): StganError {
    const failure = wrap(error, 'internal', 'the try-on failed');
    // The next fit needs a new TryOn.
    if (failure.code === 'internal' || failure.code === 'worker') this.#releaseLease(true);
    this.#setState('error');
    this.#view?.fail(this.texts.error(failure.code));
    this.#dispatch('stgan-error', failure);
    return failure;
  }

  /** The shared `TryOn`, loaded when it is first needed. */
  async #load(): Promise<TryOn | WorkerTryOn> {
    if (this.#lease && this.#lease.options !== this.leaseKey) this.#releaseLease();
    if (this.#lease) return this.#lease.lease.tryOn;
    const lease = acquire(this.leaseOptions());
    this.#lease = { options: this.leaseKey, lease };
    try {
      const tryOn = await lease.tryOn;
      if (this.#lease?.lease === lease) this.#dispatch('stgan-ready', { model: tryOn.model });
      return tryOn;
    } catch (error) {
      if (this.#lease?.lease === lease) this.#releaseLease();
      throw error;
    }
  }

  #releaseLease(failed = false): void {
    const lease = this.#lease?.lease;
    this.#lease = null;
    if (failed) lease?.discard();
    else lease?.release();
  }

  #activate(): void {
    if (this.#isActive) return;
    this.#observer?.disconnect();
    this.#isActive = true;
    this.changed();
  }

  #requireConnected(): void {
    if (!this.isConnected) throw new StganError('argument', 'the element is not in a document; add it first');
  }

  #stopWithPage = (): void => this.stop();

  #createView(): View {
    return new View(this.#root, this.texts, {
      choose: (file) => (this.photo = file),
      toggleCamera: () => (this.#live ? this.stop() : void this.start().catch(() => {})),
      select: (index) => (this.selected = index),
    });
  }

  #syncGlasses(): void {
    if (this.#images.set(this.glassesItems)) this.#view?.setGlasses(this.#images.labels, this.selected);
    else this.#view?.select(this.selected);
  }

  #setState(state: TryOnElementState, text: TextName | '' = isQuiet(state) ? '' : state): void {
    const hasChanged = state !== this.#state;
    this.#state = state;
    this.#text = text;
    this.#show();
    if (hasChanged) this.#dispatch('stgan-state', { state });
  }

  #show(): void {
    const text = this.#text ? this.texts[this.#text] : '';
    this.#view?.update(this.mode, this.#state, text, this.mirror);
  }

  #dispatch<K extends keyof TryOnElementEventMap>(name: K, detail: TryOnElementEventMap[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

/** Whether no text is shown for a state. */
const isQuiet = (state: TryOnElementState): state is 'idle' | 'error' => state === 'idle' || state === 'error';

const aborted = (reason: string): StganError => new StganError('aborted', reason);
