/**
 * Handles the actions of the user on the photo tab: choosing, placing, fitting, and going through
 * the updates.
 */

import type { WorkerFit } from 'stgan';
import { animate } from './animate.ts';
import type { Announcer, Notice } from './announce.ts';
import { countUpdates } from './format.ts';
import {
  guessPlacement,
  type Homography,
  keepOnPhoto,
  type Placement,
  placementHomography,
  placementOf,
} from './geometry.ts';
import type { GlassesCache } from './glasses-cache.ts';
import type { ImageClient } from './image-client.ts';
import {
  fitNotice,
  glassesNotice,
  lowConfidenceNotice,
  modelNotice,
  noFaceNotice,
  ownGlassesNotice,
  photoNotice,
} from './messages.ts';
import type { Model } from './model.ts';
import { overlayOf } from './overlay.ts';
import { read } from './sources.ts';
import type { GlassesChoice, OpenPhoto, PhotoChoice, State, Store } from './state.ts';
import type { ModelInfo, OverlayInfo } from './types.ts';
import type { Viewer } from './viewer.ts';

/** Below this confidence a fit gets a warning. */
const MIN_CONFIDENCE = 0.5;

/**
 * The probability of glasses from which the page suggests to take them off: high, since a wrong
 * suggestion is worse than none.
 */
const WORN = 0.97;

/** What a session works with. */
export interface SessionParts {
  readonly store: Store;
  readonly model: Model;
  readonly images: ImageClient;
  readonly cache: GlassesCache;
  readonly viewer: Viewer;
  readonly announce: Announcer;
}

export class Session {
  readonly #store: Store;
  readonly #model: Model;
  readonly #images: ImageClient;
  readonly #cache: GlassesCache;
  readonly #viewer: Viewer;
  readonly #announce: Announcer;
  /** Aborted when a newer action replaces the running fit or animation. */
  #motion = new AbortController();
  #photoKey = 0;
  #glassesRequest = 0;
  /** Whether glasses chosen in the live view still have to be fitted to the photo. */
  #fitPending = false;
  #measured = false;

  constructor({ store, model, images, cache, viewer, announce }: SessionParts) {
    this.#store = store;
    this.#model = model;
    this.#images = images;
    this.#cache = cache;
    this.#viewer = viewer;
    this.#announce = announce;
    store.subscribe(({ mode, fit }, before) => {
      if (before.fit && before.fit !== fit) before.fit.fit.dispose();
      if (mode === 'photo' && before.mode === 'live' && this.#fitPending) void this.fit();
    });
    viewer.onResize(() => {
      if (this.#state.exact) void this.#showComposite(this.#state.update, this.#motion.signal);
    });
  }

  get #state(): State {
    return this.#store.state;
  }

  /** The model has been loaded. */
  modelLoaded(model: ModelInfo): void {
    this.#store.set({ model, progress: null });
    this.#announce.clearPersistent();
  }

  /** The model cannot be loaded. */
  modelFailed(error: unknown): void {
    this.#store.set({ model: null, progress: null });
    this.#notifyModelFailure(error);
  }

  /** Shows why a request failed that needs the model: with `notice`, or that there is no model. */
  notifyFailure(error: unknown, notice: Notice): void {
    if (this.#state.model) this.#announce.notify(notice);
    else this.#notifyModelFailure(error);
  }

  #notifyModelFailure(error: unknown): void {
    this.#announce.notify(
      modelNotice(
        error,
        () => {
          this.#model.reload();
          if (this.#state.photo && this.#state.glasses) void this.fit();
        },
        () => location.reload(),
      ),
    );
  }

  /** Opens a photo and puts the glasses on it. Resolves to whether it could be opened. */
  async openPhoto(choice: PhotoChoice): Promise<boolean> {
    const key = ++this.#photoKey;
    this.#announce.status(`Opening ${choice.name}…`);
    try {
      const file = await read(choice.source);
      const info = await this.#images.call('photo', [file]);
      if (key !== this.#photoKey) return false;
      this.#interrupt();
      this.#fitPending = false;
      this.#announce.clear();
      this.#viewer.clear();
      this.#viewer.showPhoto(info, choice.alt ?? `Your photo: ${choice.name}`);
      const placement = keepOnPhoto(choice.placement ?? guessPlacement(info), info);
      const fresh = { moved: false, fit: null, update: 0, withoutGlasses: false, faces: [], face: 0 };
      const photo = { choice, file, info };
      this.#store.set({ photo, placement, phase: 'loading', ...fresh });
      this.#restart(`${choice.name} opened. Drag the glasses roughly onto the eyes, then press Fit.`);
      if (!choice.placement) void this.#locate(photo);
      return true;
    } catch (error) {
      if (key !== this.#photoKey) return false;
      this.#announce.status('');
      this.#announce.notify(photoNotice(error, choice.name));
      return false;
    }
  }

  /**
   * Detects faces and fits the glasses to the best one, unless the user has moved or fitted them.
   */
  async #locate(photo: OpenPhoto): Promise<void> {
    this.#announce.status('Looking for a face…');
    const stale = (): boolean => this.#state.photo !== photo;
    try {
      const located = await this.#model.use((tryOn) => tryOn.locate(photo.file));
      if (stale()) return;
      const faces = located.map(({ placement, score, attributes }) => ({
        placement,
        score,
        wearsGlasses: attributes !== undefined && attributes.glasses >= WORN,
      }));
      this.#store.set({ faces });
      if (this.#state.moved || this.#state.phase === 'fitting' || this.#state.phase === 'fitted') return;
      if (faces.length > 0) return this.chooseFace(0);
      this.#announce.status('');
      this.#announce.hint(noFaceNotice());
    } catch {
      // `modelFailed` reports a failed model download. The glasses can still be dragged.
      if (!stale()) this.#announce.status('Drag the glasses roughly onto the eyes, then press Fit.');
    }
  }

  /** Puts the glasses on a detected face and fits them. */
  chooseFace(index: number): void {
    const { photo, faces } = this.#state;
    const face = faces[index];
    if (!photo || !face) return;
    this.#store.set({ placement: keepOnPhoto(face.placement, photo.info), moved: false, face: index });
    void this.fit();
  }

  /**
   * Chooses glasses. By default they are fitted if the previous ones were; `fit` overrides that.
   * Resolves to whether they could be opened.
   */
  async chooseGlasses(choice: GlassesChoice, { fit }: { fit?: boolean } = {}): Promise<boolean> {
    const request = ++this.#glassesRequest;
    try {
      const { info } = await this.#cache.load(choice.id, choice.source);
      if (request !== this.#glassesRequest) return false;
      const refit = fit ?? (this.#state.phase === 'fitted' || this.#state.phase === 'fitting');
      this.#interrupt();
      this.#announce.clear();
      this.#viewer.showGlasses(info);
      this.#store.set({ glasses: { choice, info }, fit: null, update: 0, withoutGlasses: false });
      this.#restart(
        this.#state.mode === 'live'
          ? `${choice.name} selected.`
          : `${choice.name} selected. Press Fit to adjust the glasses to the face.`,
      );
      // In live mode the worker is busy with video frames: fit when the user returns to the photo.
      if (refit && this.#state.mode === 'live') this.#fitPending = true;
      else if (refit) void this.fit();
      return true;
    } catch (error) {
      if (request !== this.#glassesRequest) return false;
      this.#announce.notify(glassesNotice(error, choice.name));
      return false;
    }
  }

  /** Shows the glasses as placed, once photo and glasses are loaded. */
  #restart(message: string): void {
    const { photo, glasses, placement } = this.#state;
    if (!photo || !glasses || !placement) return;
    this.#show(placementHomography(placement, glasses.info.box), 'placed');
    this.#announce.status(message);
  }

  #show(homography: Homography, phase: State['phase']): void {
    this.#viewer.draw(homography);
    this.#store.set({ homography, phase, exact: false });
  }

  /** Cancels the running fit or animation. Returns the signal for the next one. */
  #interrupt(): AbortSignal {
    this.#motion.abort();
    this.#motion = new AbortController();
    return this.#motion.signal;
  }

  /** Placement at the start of a gesture: as placed, or after the fit. */
  get currentPlacement(): Placement | null {
    const { phase, glasses, placement } = this.#state;
    const shown = this.#viewer.homography;
    if (!glasses || phase === 'loading') return null;
    return phase === 'placed' || !shown ? placement : placementOf(shown, glasses.info.box);
  }

  /** Moves the glasses to a placement, clamped to the photo. */
  place(requested: Placement): void {
    const { photo, glasses } = this.#state;
    if (!photo || !glasses) return;
    this.#interrupt();
    const placement = keepOnPhoto(requested, photo.info);
    this.#announce.hint(null);
    this.#store.set({ placement, moved: true, fit: null, update: 0, withoutGlasses: false });
    this.#show(placementHomography(placement, glasses.info.box), 'placed');
  }

  /** Announces where the glasses are, at the end of a gesture. */
  announcePlacement(): void {
    const { photo, placement } = this.#state;
    if (!photo || !placement) return;
    const percent = (value: number, of: number): number => Math.round((value / of) * 100);
    const { width, height } = photo.info;
    this.#announce.status(
      `Glasses at ${percent(placement.x, width)} % from the left, ${percent(placement.y, height)} % from the top, ` +
        `${percent(placement.width, width)} % wide, turned ${Math.round(placement.rotation)}°.`,
    );
  }

  /** Moves the glasses back to their first placement on this photo. */
  reset(): void {
    const { photo, faces, face } = this.#state;
    if (!photo) return;
    this.place(photo.choice.placement ?? faces[face]?.placement ?? guessPlacement(photo.info));
    this.#store.set({ moved: false });
    this.#announce.status('The glasses are back where they started.');
  }

  /** Fits the glasses and animates the updates. */
  async fit(): Promise<void> {
    const { photo, glasses, placement } = this.#state;
    if (!photo || !glasses || !placement) return;
    this.#fitPending = false;
    const signal = this.#interrupt();
    const start = this.#viewer.homography ?? placementHomography(placement, glasses.info.box);
    this.#store.set({ phase: 'fitting', fit: null, update: 0, withoutGlasses: false, exact: false });
    this.#announce.status(this.#state.model ? 'Fitting…' : 'Loading the model…');
    this.#mark('first-fit-start');
    try {
      const [fit, milliseconds] = await this.#model.use(async (tryOn) => {
        const prepared = await this.#cache.prepared(glasses.choice.id, tryOn);
        const begin = performance.now();
        return [await tryOn.fit(photo.file, prepared, { placement }), performance.now() - begin] as const;
      });
      if (signal.aborted) return fit.dispose();
      this.#mark('first-fit-end');
      this.#measured = true;
      this.#store.set({ fit: { fit, milliseconds } });
      const last = fit.updates.length;
      // Requested before the animation, so that it is ready at its end.
      const overlay = this.#overlay(fit, last);
      const keyframes = [start, ...fit.updates.map(({ homography }) => homography)];
      await animate(
        keyframes,
        glasses.info.box,
        (h) => this.#viewer.draw(h),
        (update) => this.#store.set({ update }),
        signal,
      );
      if (signal.aborted) return;
      this.#store.set({ phase: 'fitted', homography: keyframes[last]! });
      if (this.#state.mode === 'photo')
        this.#announce.status(`Fitted in ${milliseconds.toFixed(0)} ms (${countUpdates(last)}).`);
      this.#announce.hint(this.#suggestion(fit.confidence ?? 1));
      await this.#replacePreview(overlay, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#show(placementHomography(placement, glasses.info.box), 'placed');
      this.#announce.status('');
      this.notifyFailure(error, fitNotice(error));
    }
  }

  /** What the user could do for a better result. */
  #suggestion(confidence: number): Notice | null {
    if (confidence < MIN_CONFIDENCE) return lowConfidenceNotice();
    const { faces, face, moved } = this.#state;
    return !moved && faces[face]?.wearsGlasses ? ownGlassesNotice() : null;
  }

  /** Shows the fit after `update` updates. */
  async goTo(update: number): Promise<void> {
    const { glasses } = this.#state;
    const fit = this.#state.fit?.fit;
    const from = this.#viewer.homography;
    if (!fit || !glasses || !from || update > fit.updates.length) return;
    const signal = this.#interrupt();
    const to = update === 0 ? fit.initial : fit.updates[update - 1]!.homography;
    this.#store.set({ phase: 'fitted', update, homography: to, exact: false, withoutGlasses: false });
    await animate(
      [from, to],
      glasses.info.box,
      (h) => this.#viewer.draw(h),
      () => {},
      signal,
    );
    if (signal.aborted) return;
    await this.#showComposite(update, signal);
  }

  setWithoutGlasses(withoutGlasses: boolean): void {
    this.#store.set({ withoutGlasses });
    this.#announce.status(withoutGlasses ? 'Photo without glasses.' : 'Photo with glasses.');
  }

  /** The composited glasses after `update` updates, or null if the fit has been replaced. */
  #overlay(fit: WorkerFit, update: number): Promise<OverlayInfo | null> {
    return overlayOf(fit, { update }, this.#viewer.density, this.#images);
  }

  /**
   * Replaces the preview with the composite. If there is none, the preview stays: it is only less
   * sharp.
   */
  async #replacePreview(pending: Promise<OverlayInfo | null>, signal: AbortSignal): Promise<void> {
    const overlay = await pending;
    if (!overlay || signal.aborted) return;
    this.#viewer.showComposite(overlay);
    this.#store.set({ exact: true, compositeTime: overlay.milliseconds });
  }

  async #showComposite(update: number, signal: AbortSignal): Promise<void> {
    const { fit } = this.#state;
    if (fit) await this.#replacePreview(this.#overlay(fit.fit, update), signal);
  }

  /** Marks the first fit of a visit on the performance timeline. */
  #mark(name: 'first-fit-start' | 'first-fit-end'): void {
    if (!this.#measured) performance.mark(name);
  }
}
