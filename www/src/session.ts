/** The course of events: choosing, placing, fitting, stepping. The one place that changes the state in answer to the user. */
import type { Announcer } from './announce.ts';
import { type Client, WorkError } from './client.ts';
import {
  guessPlacement,
  type Homography,
  keepOnPhoto,
  type Placement,
  placementHomography,
  placementOf,
} from './geometry.ts';
import { glide } from './glide.ts';
import {
  fitNotice,
  frameNotice,
  modelNotice,
  noFaceNotice,
  opaqueFrameNotice,
  photoNotice,
  unsureNotice,
} from './messages.ts';
import type { PatchInfo, WorkerEvent } from './protocol.ts';
import type { Stage } from './stage.ts';
import type { FrameChoice, PhotoChoice, State, Store } from './state.ts';
import { countUpdates } from './words.ts';

/** Own pictures with less transparency than this share cover the face. */
const LEAST_TRANSPARENT = 0.05;

/** Fits that are less sure of a face than this have rather found none. */
const SURE = 0.5;

export class Session {
  readonly #store: Store;
  readonly #client: Client;
  readonly #stage: Stage;
  readonly #announce: Announcer;
  /** Aborted when something newer takes the place of a fit, a glide or a step. */
  #motion = new AbortController();
  #photoKey = 0;
  #frameTurn = 0;
  /** A frame that was chosen for the live view has yet to be fitted to the photo. */
  #owed = false;
  #marked = false;

  constructor(store: Store, client: Client, stage: Stage, announce: Announcer) {
    this.#store = store;
    this.#client = client;
    this.#stage = stage;
    this.#announce = announce;
    store.subscribe(({ mode }, before) => {
      if (mode === 'photo' && before.mode === 'live' && this.#owed) void this.fit();
    });
    stage.onResize(() => {
      if (this.#state.exact) void this.#sharpen(this.#state.step, this.#motion.signal);
    });
  }

  get #state(): State {
    return this.#store.state;
  }

  /** News of the model from the worker. */
  receive(event: WorkerEvent): void {
    switch (event.event) {
      case 'progress':
        this.#store.update({ progress: event.total ? event.loaded / event.total : null });
        break;
      case 'model':
        this.#store.update({ model: event.model, progress: null });
        this.#announce.mended();
        break;
      case 'model-failed':
        this.#store.update({ model: null, progress: null });
        this.#missModel(new WorkError(event.failure));
    }
  }

  #missModel(error: unknown): void {
    this.#announce.warn(
      modelNotice(error, () => {
        void this.#client.ask('retry', {});
        if (this.#state.photo && this.#state.frame) void this.fit();
      }),
    );
  }

  /** Opens a photo and puts the frame on it. Whether it could be opened. */
  async openPhoto(choice: PhotoChoice): Promise<boolean> {
    const key = ++this.#photoKey;
    this.#announce.say(`Opening ${choice.name}…`);
    try {
      const info = await this.#client.ask('photo', { photo: key, source: choice.source });
      if (key !== this.#photoKey) return false;
      this.#interrupt();
      this.#owed = false;
      this.#announce.clear();
      this.#stage.clear();
      this.#stage.showPhoto(info, choice.alt ?? `Your photo, ${choice.name}`);
      const placement = keepOnPhoto(choice.placement ?? guessPlacement(info), info);
      const fresh = { moved: false, fit: null, step: 0, bare: false, faces: [], face: 0 };
      this.#store.update({ photo: { key, choice, info }, placement, phase: 'loading', ...fresh });
      this.#restart(`${choice.name} is open. Put the frame roughly on the eyes, then press Fit.`);
      if (!choice.placement) void this.#find(key);
      return true;
    } catch (error) {
      if (key !== this.#photoKey) return false;
      this.#announce.say('');
      this.#announce.warn(photoNotice(error, choice.name));
      return false;
    }
  }

  /** Looks for the photo's faces, and puts the frame on the best one unless the user has been quicker. */
  async #find(photo: number): Promise<void> {
    this.#announce.say('Looking for a face…');
    const stale = (): boolean => this.#state.photo?.key !== photo;
    try {
      const faces = await this.#client.ask('locate', { photo });
      if (stale()) return;
      this.#store.update({ faces });
      if (this.#state.moved || this.#state.phase === 'fitting' || this.#state.phase === 'fitted') return;
      if (faces.length > 0) return this.chooseFace(0);
      this.#announce.say('');
      this.#announce.hint(noFaceNotice());
    } catch {
      // What keeps the model from loading is said elsewhere; the frame can be dragged all the same.
      if (!stale()) this.#announce.say('Put the frame roughly on the eyes, then press Fit.');
    }
  }

  /** Puts the frame on one of the faces that were found, and fits it. */
  chooseFace(index: number): void {
    const { photo, faces } = this.#state;
    const face = faces[index];
    if (!photo || !face) return;
    this.#store.update({ placement: keepOnPhoto(face.placement, photo.info), moved: false, face: index });
    void this.fit();
  }

  /**
   * Takes up a frame. It is fitted where `fit` says so, by default where the last one was; `own`: it is a user's picture, which may
   * turn out not to be a cut-out. Whether it could be opened.
   */
  async chooseFrame(
    choice: FrameChoice,
    { own = false, fit }: { own?: boolean; fit?: boolean } = {},
  ): Promise<boolean> {
    const turn = ++this.#frameTurn;
    try {
      const info = await this.#client.ask('frame', { frame: choice.id, source: choice.source });
      if (turn !== this.#frameTurn) return false;
      const refit = fit ?? (this.#state.phase === 'fitted' || this.#state.phase === 'fitting');
      this.#interrupt();
      this.#announce.clear();
      if (own && info.transparent < LEAST_TRANSPARENT) this.#announce.warn(opaqueFrameNotice(choice.name));
      this.#stage.showFrame(info);
      this.#store.update({ frame: { choice, info }, fit: null, step: 0, bare: false });
      this.#restart(
        this.#state.mode === 'live'
          ? `${choice.name} is on.`
          : `${choice.name} is on. Press Fit to move it into place.`,
      );
      // The worker is the live view's while that is seen.
      if (refit && this.#state.mode === 'live') this.#owed = true;
      else if (refit) void this.fit();
      return true;
    } catch (error) {
      if (turn !== this.#frameTurn) return false;
      this.#announce.warn(frameNotice(error, choice.name));
      return false;
    }
  }

  /** Photo and frame as they are first seen together. */
  #restart(news: string): void {
    const { photo, frame, placement } = this.#state;
    if (!photo || !frame || !placement) return;
    this.#show(placementHomography(placement, frame.info.box), 'placed');
    this.#announce.say(news);
  }

  #show(homography: Homography, phase: State['phase']): void {
    this.#stage.draw(homography);
    this.#store.update({ homography, phase, exact: false });
  }

  /** Stops what is under way. */
  #interrupt(): AbortSignal {
    this.#motion.abort();
    this.#motion = new AbortController();
    return this.#motion.signal;
  }

  /** Where a gesture takes hold of the frame: as placed, or as the fit left it. */
  get held(): Placement | null {
    const { phase, frame, placement } = this.#state;
    const seen = this.#stage.homography;
    if (!frame || phase === 'loading') return null;
    return phase === 'placed' || !seen ? placement : placementOf(seen, frame.info.box);
  }

  /** The user has put the frame somewhere. */
  place(wanted: Placement): void {
    const { photo, frame } = this.#state;
    if (!photo || !frame) return;
    this.#interrupt();
    const placement = keepOnPhoto(wanted, photo.info);
    this.#announce.hint(null);
    this.#store.update({ placement, moved: true, fit: null, step: 0, bare: false });
    this.#show(placementHomography(placement, frame.info.box), 'placed');
  }

  /** The user's hand is off: says where the frame is now. */
  rest(): void {
    const { photo, placement } = this.#state;
    if (!photo || !placement) return;
    const percent = (value: number, of: number): number => Math.round((value / of) * 100);
    const { width, height } = photo.info;
    this.#announce.say(
      `Placed ${percent(placement.x, width)} % across, ${percent(placement.y, height)} % down, ` +
        `${percent(placement.width, width)} % wide, turned ${Math.round(placement.rotation)}°.`,
    );
  }

  /** Puts the frame where it was when the photo was opened. */
  reset(): void {
    const { photo, faces, face } = this.#state;
    if (!photo) return;
    this.place(photo.choice.placement ?? faces[face]?.placement ?? guessPlacement(photo.info));
    this.#store.update({ moved: false });
    this.#announce.say('The frame is back where it began.');
  }

  /** Has the generators move the frame into place, and shows how. */
  async fit(): Promise<void> {
    const { photo, frame, placement } = this.#state;
    if (!photo || !frame || !placement) return;
    this.#owed = false;
    const signal = this.#interrupt();
    const start = this.#stage.homography ?? placementHomography(placement, frame.info.box);
    this.#store.update({ phase: 'fitting', fit: null, step: 0, bare: false, exact: false });
    this.#announce.say(this.#state.model ? 'Fitting…' : 'Loading the model…');
    this.#mark('first-fit-start');
    try {
      const fit = await this.#client.ask('fit', { photo: photo.key, frame: frame.choice.id, placement });
      if (signal.aborted) return;
      this.#mark('first-fit-end');
      this.#marked = true;
      this.#store.update({ fit });
      const last = fit.updates.length;
      // Made while the frame is under way, so that it is there at the end.
      const patch = this.#patch(fit.fit, last);
      const stops = [start, ...fit.updates.map(({ homography }) => homography)];
      await glide(
        stops,
        frame.info.box,
        (h) => this.#stage.draw(h),
        (step) => this.#store.update({ step }),
        signal,
      );
      if (signal.aborted) return;
      this.#store.update({ phase: 'fitted', homography: stops[last]! });
      if (this.#state.mode === 'photo')
        this.#announce.say(`Fitted in ${countUpdates(last)}, ${fit.milliseconds.toFixed(0)} ms.`);
      this.#announce.hint((fit.confidence ?? 1) < SURE ? unsureNotice() : null);
      await this.#settle(patch, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#show(placementHomography(placement, frame.info.box), 'placed');
      this.#announce.say('');
      if (this.#state.model) this.#announce.warn(fitNotice(error));
      else this.#missModel(error);
    }
  }

  /** Shows the fit after `step` updates. */
  async goTo(step: number): Promise<void> {
    const { fit, frame } = this.#state;
    const from = this.#stage.homography;
    if (!fit || !frame || !from || step > fit.updates.length) return;
    const signal = this.#interrupt();
    const to = step === 0 ? fit.initial : fit.updates[step - 1]!.homography;
    this.#store.update({ phase: 'fitted', step, homography: to, exact: false, bare: false });
    await glide(
      [from, to],
      frame.info.box,
      (h) => this.#stage.draw(h),
      () => {},
      signal,
    );
    if (signal.aborted) return;
    await this.#sharpen(step, signal);
  }

  setBare(bare: boolean): void {
    this.#store.update({ bare });
    this.#announce.say(bare ? 'The photo without the frame.' : 'The photo with the frame.');
  }

  /** The composite at a step, or null where something newer has made it pointless. */
  #patch(fit: number, step: number): Promise<PatchInfo | null> {
    return this.#client.ask('patch', { fit, step, scale: this.#stage.density }).catch(() => null);
  }

  /** Replaces the preview by the composite. Without one the preview stays: it shows the same, a little less well. */
  async #settle(patch: Promise<PatchInfo | null>, signal: AbortSignal): Promise<void> {
    const made = await patch;
    if (!made || signal.aborted) return;
    this.#stage.settle(made);
    this.#store.update({ exact: true, compositeTime: made.milliseconds });
  }

  async #sharpen(step: number, signal: AbortSignal): Promise<void> {
    const { fit } = this.#state;
    if (fit) await this.#settle(this.#patch(fit.fit, step), signal);
  }

  /** Marks of the performance timeline, for the first fit of a visit. */
  #mark(name: 'first-fit-start' | 'first-fit-end'): void {
    if (!this.#marked) performance.mark(name);
  }
}
