/** Handles the actions of the user in an editor: choosing, placing, fitting, and the updates. */
import type { CompositeOptions, ImageSource, WorkerFit, WorkerGlasses, WorkerTryOn } from 'stgan';
import type { Announcer, Notice } from '../announce.ts';
import { countUpdates } from '../format.ts';
import { type Homography, keepOnPhoto, type Placement, placementHomography, placementOf } from '../geometry.ts';
import type { ImageClient } from '../image-client.ts';
import { foregroundNotice, modelNotice, photoNotice } from '../messages.ts';
import type { Observable } from '../observable.ts';
import { read } from '../sources.ts';
import type { FitInfo, OverlayInfo } from '../types.ts';
import { animate } from './animate.ts';
import type { Model } from './model.ts';
import { overlayOf } from './overlay.ts';
import type { Choice, EditorState, OpenForeground, OpenPhoto, Phase, PhotoChoice } from './state.ts';
import type { Viewer } from './viewer.ts';

/** What a session works with. */
export interface EditorParts<S extends EditorState> {
  readonly store: Observable<S>;
  readonly model: Model;
  readonly images: ImageClient;
  readonly viewer: Viewer;
  readonly announce: Announcer;
}

/** The words of a tab. */
export interface EditorTexts {
  readonly foreground: 'glasses' | 'furniture';
  readonly photo: 'photo' | 'room';
  /** What to do with a photo that has just been opened. */
  readonly advice: string;
  readonly reset: string;
}

/** Whether the first fit of the visit has ended. */
let measured = false;

/**
 * What the tabs for glasses and furniture have in common. A tab says where the foreground starts on
 * a photo, what the model gets of it, and what a failed fit means.
 */
export abstract class EditorSession<C extends Choice, S extends EditorState<C>> {
  protected readonly store: Observable<S>;
  protected readonly model: Model;
  protected readonly images: ImageClient;
  protected readonly viewer: Viewer;
  protected readonly announce: Announcer;
  readonly #texts: EditorTexts;
  /** Aborted when a newer action replaces the running fit or animation. */
  #motion = new AbortController();
  #photoRequest = 0;
  #foregroundRequest = 0;

  constructor({ store, model, images, viewer, announce }: EditorParts<S>, texts: EditorTexts) {
    this.store = store;
    this.model = model;
    this.images = images;
    this.viewer = viewer;
    this.announce = announce;
    this.#texts = texts;
    model.observe({
      progress: (progress) => this.set({ progress }),
      loaded: (info) => {
        this.set({ model: info, progress: null });
        announce.clearPersistent();
      },
      failed: (error) => {
        this.set({ model: null, progress: null });
        this.#notifyModelFailure(error);
      },
    });
    store.subscribe(({ fit }, before) => {
      if (before.fit && before.fit !== fit) before.fit.fit.dispose();
    });
    viewer.onResize(() => {
      if (this.state.exact) void this.showComposite();
    });
  }

  /** Chooses a foreground. Resolves to whether it could be opened. */
  abstract chooseForeground(choice: C): Promise<boolean>;
  /** Where the foreground starts on a photo that states no placement. */
  protected abstract firstPlacement(photo: OpenPhoto): Placement;
  /** The foreground for a fit. */
  protected abstract prepared(
    foreground: S['foreground'] & {},
    tryOn: WorkerTryOn,
  ): Promise<ImageSource | WorkerGlasses>;
  protected abstract fitNotice(error: unknown): Notice;
  protected compositeOptions(): CompositeOptions {
    return {};
  }
  /** Is called with each photo that has been opened. */
  protected photoOpened(_photo: OpenPhoto): void {}
  /** Is called with each fit, after its animation. */
  protected fitShown({ fit, milliseconds }: FitInfo): void {
    this.announce.status(`Fitted in ${milliseconds.toFixed(0)} ms (${countUpdates(fit.updates.length)}).`);
  }

  protected get state(): S {
    return this.store.state;
  }

  protected set(change: Partial<EditorState<C>>): void {
    // TypeScript does not see that `S` has all properties of `EditorState`.
    this.store.set(change as Partial<S>);
  }

  /** Shows why a request failed that needs the model: with `notice`, or that there is no model. */
  notifyFailure(error: unknown, notice: Notice): void {
    if (this.state.model) this.announce.notify(notice);
    else this.#notifyModelFailure(error);
  }

  #notifyModelFailure(error: unknown): void {
    const retry = (): void => {
      this.model.reload();
      void this.fit();
    };
    this.announce.notify(modelNotice(error, retry, () => location.reload()));
  }

  /**
   * Lists the samples, and opens the first of each kind unless the user has added one already.
   * Resolves to whether both were opened.
   */
  async openSamples(photos: readonly PhotoChoice[], foregrounds: readonly C[]): Promise<boolean> {
    const { photo, foreground, photoChoices, foregroundChoices } = this.state;
    this.set({
      photoChoices: [...photoChoices, ...photos],
      foregroundChoices: [...foregroundChoices, ...foregrounds],
    });
    const opened = await Promise.all([
      !photo && photos[0] ? this.openPhoto(photos[0]) : false,
      !foreground && foregrounds[0] ? this.chooseForeground(foregrounds[0]) : false,
    ]);
    return opened.every(Boolean);
  }

  /** Opens a photo and puts the foreground on it. Resolves to whether it could be opened. */
  async openPhoto(choice: PhotoChoice): Promise<boolean> {
    const request = ++this.#photoRequest;
    this.announce.status(`Opening ${choice.name}…`);
    try {
      const file = await read(choice.source);
      const info = await this.images.call('photo', [file]);
      if (request !== this.#photoRequest) return false;
      this.interrupt();
      this.announce.clear();
      this.viewer.clear();
      this.viewer.showPhoto(info, choice.alt ?? `Your ${this.#texts.photo}: ${choice.name}`);
      const photo = { choice, file, info };
      const placement = keepOnPhoto(choice.placement ?? this.firstPlacement(photo), info);
      const fresh = { moved: false, fit: null, update: 0, withoutForeground: false };
      this.set({ photo, placement, phase: 'loading', ...fresh });
      this.restart(`${choice.name} opened. ${this.#texts.advice}`);
      this.photoOpened(photo);
      return true;
    } catch (error) {
      if (request !== this.#photoRequest) return false;
      this.announce.status('');
      this.announce.notify(photoNotice(error, choice.name));
      return false;
    }
  }

  /**
   * Loads a foreground. Resolves to null if a newer request has replaced this one, or if it failed,
   * which the user is told.
   */
  protected async loadForeground<T>({ name }: Choice, load: () => Promise<T>): Promise<T | null> {
    const request = ++this.#foregroundRequest;
    try {
      const loaded = await load();
      return request === this.#foregroundRequest ? loaded : null;
    } catch (error) {
      if (request === this.#foregroundRequest)
        this.announce.notify(foregroundNotice(error, name, this.#texts.foreground));
      return null;
    }
  }

  protected showForeground(foreground: OpenForeground<C>, message: string): void {
    this.interrupt();
    this.announce.clear();
    this.viewer.showForeground(foreground.info);
    this.set({ foreground, fit: null, update: 0, withoutForeground: false });
    this.restart(message);
  }

  /** Shows the foreground as placed, once it and the photo are loaded. */
  protected restart(message: string): void {
    const { photo, foreground, placement } = this.state;
    if (!photo || !foreground || !placement) return;
    this.#show(placementHomography(placement, foreground.info.box), 'placed');
    this.announce.status(message);
  }

  #show(homography: Homography, phase: Phase): void {
    this.viewer.draw(homography);
    this.set({ homography, phase, exact: false });
  }

  /** Cancels the running fit or animation. Returns the signal for the next one. */
  protected interrupt(): AbortSignal {
    this.#motion.abort();
    this.#motion = new AbortController();
    return this.#motion.signal;
  }

  /** Placement at the start of a gesture: as placed, or after the fit. */
  get currentPlacement(): Placement | null {
    const { phase, foreground, placement } = this.state;
    const shown = this.viewer.homography;
    if (!foreground || phase === 'loading') return null;
    return phase === 'placed' || !shown ? placement : placementOf(shown, foreground.info.box);
  }

  /** Moves the foreground to a placement, clamped to the photo. */
  place(requested: Placement): void {
    const { photo, foreground } = this.state;
    if (!photo || !foreground) return;
    this.interrupt();
    const placement = keepOnPhoto(requested, photo.info);
    this.announce.hint(null);
    this.set({ placement, moved: true, fit: null, update: 0, withoutForeground: false });
    this.#show(placementHomography(placement, foreground.info.box), 'placed');
  }

  /** Announces where the foreground is, at the end of a gesture. */
  announcePlacement(): void {
    const { photo, placement } = this.state;
    if (!photo || !placement) return;
    const percent = (value: number, of: number): number => Math.round((value / of) * 100);
    const { width, height } = photo.info;
    const { foreground } = this.#texts;
    this.announce.status(
      `${foreground[0]!.toUpperCase()}${foreground.slice(1)} at ${percent(placement.x, width)} % from the left, ` +
        `${percent(placement.y, height)} % from the top, ${percent(placement.width, width)} % wide, ` +
        `turned ${Math.round(placement.rotation)}°.`,
    );
  }

  /** Moves the foreground back to its first placement on this photo. */
  reset(): void {
    const { photo } = this.state;
    if (!photo) return;
    this.place(photo.choice.placement ?? this.firstPlacement(photo));
    this.set({ moved: false });
    this.announce.status(this.#texts.reset);
  }

  /** Fits the foreground and animates the updates. */
  async fit(): Promise<void> {
    const { photo, foreground, placement } = this.state;
    if (!photo || !foreground || !placement) return;
    const signal = this.interrupt();
    const { box } = foreground.info;
    const start = this.viewer.homography ?? placementHomography(placement, box);
    this.set({ phase: 'fitting', fit: null, update: 0, withoutForeground: false, exact: false });
    this.announce.status(this.state.model ? 'Fitting…' : 'Loading the model…');
    mark('first-fit-start');
    try {
      const [fit, milliseconds] = await this.model.use(async (tryOn) => {
        const prepared = await this.prepared(foreground, tryOn);
        const begin = performance.now();
        return [await tryOn.fit(photo.file, prepared, { placement }), performance.now() - begin] as const;
      });
      if (signal.aborted) return fit.dispose();
      mark('first-fit-end');
      measured = true;
      const info = { fit, milliseconds };
      this.set({ fit: info });
      const last = fit.updates.length;
      // Requested before the animation, so that it is ready at its end.
      const overlay = this.#overlay(fit, last);
      const keyframes = [start, ...fit.updates.map(({ homography }) => homography)];
      const draw = (homography: Homography): void => this.viewer.draw(homography);
      await animate(keyframes, box, draw, (update) => this.set({ update }), signal);
      if (signal.aborted) return;
      this.set({ phase: 'fitted', homography: keyframes[last]! });
      this.fitShown(info);
      await this.#replacePreview(overlay, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#show(placementHomography(placement, box), 'placed');
      this.announce.status('');
      this.notifyFailure(error, this.fitNotice(error));
    }
  }

  /** Shows the fit after `update` updates. */
  async goTo(update: number): Promise<void> {
    const { foreground } = this.state;
    const fit = this.state.fit?.fit;
    const from = this.viewer.homography;
    if (!fit || !foreground || !from || update > fit.updates.length) return;
    const signal = this.interrupt();
    const to = update === 0 ? fit.initial : fit.updates[update - 1]!.homography;
    this.set({ phase: 'fitted', update, homography: to, exact: false, withoutForeground: false });
    const draw = (homography: Homography): void => this.viewer.draw(homography);
    await animate([from, to], foreground.info.box, draw, () => {}, signal);
    if (!signal.aborted) await this.showComposite();
  }

  setWithoutForeground(withoutForeground: boolean): void {
    this.set({ withoutForeground });
    const { photo, foreground } = this.#texts;
    this.announce.status(
      `${photo[0]!.toUpperCase()}${photo.slice(1)} ${withoutForeground ? 'without' : 'with'} ${foreground}.`,
    );
  }

  /** The photo with the foreground as it is shown, at full size; null if there is none. */
  async composite(): Promise<ImageData | null> {
    const { photo, foreground, placement, fit, update } = this.state;
    const options = this.compositeOptions();
    if (fit) return fit.fit.composite({ ...options, update });
    if (!photo || !foreground || !placement) return null;
    return this.model.use(async (tryOn) => {
      const prepared = await this.prepared(foreground, tryOn);
      const placed = await tryOn.fit(photo.file, prepared, { placement, updates: 0 });
      return placed.composite(options).finally(() => placed.dispose());
    });
  }

  /** The composited foreground after `update` updates, or null if the fit has been replaced. */
  #overlay(fit: WorkerFit, update: number): Promise<OverlayInfo | null> {
    return overlayOf(fit, { ...this.compositeOptions(), update }, this.viewer.density, this.images);
  }

  /**
   * Replaces the preview with the composite. If there is none, the preview stays: it is only less
   * sharp.
   */
  async #replacePreview(pending: Promise<OverlayInfo | null>, signal: AbortSignal): Promise<void> {
    const overlay = await pending;
    if (!overlay || signal.aborted) return;
    this.viewer.showComposite(overlay);
    this.set({ exact: true, compositeTime: overlay.milliseconds });
  }

  /** Shows the composite of the current fit and update. */
  protected async showComposite(): Promise<void> {
    const { fit, update } = this.state;
    if (fit) await this.#replacePreview(this.#overlay(fit.fit, update), this.#motion.signal);
  }
}

/** Marks the first fit of a visit on the performance timeline. */
function mark(name: 'first-fit-start' | 'first-fit-end'): void {
  if (!measured) performance.mark(name);
}
