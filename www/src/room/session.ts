/** Handles the actions of the user on the room tab: choosing, placing, fitting, and the updates. */
import type { WorkerFit } from 'stgan';
import { animate } from '../animate.ts';
import type { Announcer } from '../announce.ts';
import { countUpdates } from '../format.ts';
import { type Homography, keepOnPhoto, type Placement, placementHomography, placementOf } from '../geometry.ts';
import type { ImageClient } from '../image-client.ts';
import { modelNotice, photoNotice } from '../messages.ts';
import type { Model } from '../model.ts';
import { overlayOf } from '../overlay.ts';
import { read } from '../sources.ts';
import type { PhotoChoice } from '../state.ts';
import type { ModelInfo, OverlayInfo } from '../types.ts';
import type { Viewer } from '../viewer.ts';
import { opaqueNotice, pieceNotice, roomFitNotice } from './messages.ts';
import { isOpaque, mirrored } from './mirror.ts';
import type { PieceChoice, RoomState, RoomStore } from './state.ts';

/** What a session works with. */
export interface RoomParts {
  readonly store: RoomStore;
  readonly model: Model;
  readonly images: ImageClient;
  readonly viewer: Viewer;
  readonly announce: Announcer;
}

export class RoomSession {
  readonly #store: RoomStore;
  readonly #model: Model;
  readonly #images: ImageClient;
  readonly #viewer: Viewer;
  readonly #announce: Announcer;
  /** Aborted when a newer action replaces the running fit or animation. */
  #motion = new AbortController();
  #photoRequest = 0;
  #pieceRequest = 0;

  constructor({ store, model, images, viewer, announce }: RoomParts) {
    this.#store = store;
    this.#model = model;
    this.#images = images;
    this.#viewer = viewer;
    this.#announce = announce;
    store.subscribe(({ fit }, before) => {
      if (before.fit && before.fit !== fit) before.fit.dispose();
    });
    viewer.onResize(() => {
      if (this.#state.exact) void this.#showComposite(this.#motion.signal);
    });
  }

  get #state(): RoomState {
    return this.#store.state;
  }

  modelLoaded(model: ModelInfo): void {
    this.#store.set({ model, progress: null });
    this.#announce.clearPersistent();
  }

  modelFailed(error: unknown): void {
    this.#store.set({ model: null, progress: null });
    const retry = (): void => {
      this.#model.reload();
      void this.fit();
    };
    this.#announce.notify(modelNotice(error, retry, () => location.reload()));
  }

  /** Opens a photo of a room and puts the piece into it. Resolves to whether it could be opened. */
  async openPhoto(choice: PhotoChoice): Promise<boolean> {
    const request = ++this.#photoRequest;
    this.#announce.status(`Opening ${choice.name}…`);
    try {
      const file = await read(choice.source);
      const info = await this.#images.call('photo', [file]);
      if (request !== this.#photoRequest) return false;
      this.#interrupt();
      this.#announce.clear();
      this.#viewer.clear();
      this.#viewer.showPhoto(info, choice.alt ?? `Your room: ${choice.name}`);
      const placement = keepOnPhoto(choice.placement ?? onTheFloor(info), info);
      const fresh = { moved: false, fit: null, update: 0, empty: false } as const;
      this.#store.set({ photo: { choice, file, info }, placement, phase: 'loading', ...fresh });
      this.#restart(`${choice.name} opened. Drag the furniture to its place, then press Fit.`);
      return true;
    } catch (error) {
      if (request !== this.#photoRequest) return false;
      this.#announce.status('');
      this.#announce.notify(photoNotice(error, choice.name));
      return false;
    }
  }

  /** Chooses a piece of furniture. Resolves to whether it could be opened. */
  async choosePiece(choice: PieceChoice): Promise<boolean> {
    const request = ++this.#pieceRequest;
    try {
      const { pixels, info } = await this.#images.call('glasses', [await read(choice.source)]);
      if (request !== this.#pieceRequest) return false;
      if (isOpaque(pixels)) {
        this.#announce.notify(opaqueNotice(choice.name));
        return false;
      }
      this.#announce.clear();
      this.#showPiece({ choice, pixels, info }, false);
      this.#restart(`${choice.name} selected. Drag it to its place, then press Fit.`);
      return true;
    } catch (error) {
      if (request === this.#pieceRequest) this.#announce.notify(pieceNotice(error, choice.name));
      return false;
    }
  }

  /** Mirrors the piece from left to right. */
  async mirror(): Promise<void> {
    const { piece } = this.#state;
    if (!piece) return;
    const request = ++this.#pieceRequest;
    const turned = await mirrored(piece);
    if (request !== this.#pieceRequest) return;
    const placement = this.currentPlacement;
    this.#showPiece(turned, !this.#state.mirrored);
    if (placement) this.#store.set({ placement });
    this.#restart(this.#state.mirrored ? 'The furniture is mirrored.' : 'The furniture is not mirrored.');
  }

  #showPiece(piece: NonNullable<RoomState['piece']>, isMirrored: boolean): void {
    this.#interrupt();
    this.#viewer.showGlasses(piece.info);
    this.#store.set({ piece, mirrored: isMirrored, fit: null, update: 0, empty: false });
  }

  /** Shows the piece as placed, once photo and piece are loaded. */
  #restart(message: string): void {
    const { photo, piece, placement } = this.#state;
    if (!photo || !piece || !placement) return;
    this.#show(placementHomography(placement, piece.info.box), 'placed');
    this.#announce.status(message);
  }

  #show(homography: Homography, phase: RoomState['phase']): void {
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
    const { phase, piece, placement } = this.#state;
    const shown = this.#viewer.homography;
    if (!piece || phase === 'loading') return null;
    return phase === 'placed' || !shown ? placement : placementOf(shown, piece.info.box);
  }

  /** Moves the piece to a placement, clamped to the photo. */
  place(requested: Placement): void {
    const { photo, piece } = this.#state;
    if (!photo || !piece) return;
    this.#interrupt();
    const placement = keepOnPhoto(requested, photo.info);
    this.#store.set({ placement, moved: true, fit: null, update: 0, empty: false });
    this.#show(placementHomography(placement, piece.info.box), 'placed');
  }

  /** Announces where the piece is, at the end of a gesture. */
  announcePlacement(): void {
    const { photo, placement } = this.#state;
    if (!photo || !placement) return;
    const percent = (value: number, of: number): number => Math.round((value / of) * 100);
    const { width, height } = photo.info;
    this.#announce.status(
      `Furniture at ${percent(placement.x, width)} % from the left, ${percent(placement.y, height)} % from the top, ` +
        `${percent(placement.width, width)} % wide, turned ${Math.round(placement.rotation)}°.`,
    );
  }

  /** Moves the piece back to its first placement in this room. */
  reset(): void {
    const { photo } = this.#state;
    if (!photo) return;
    this.place(photo.choice.placement ?? onTheFloor(photo.info));
    this.#store.set({ moved: false });
    this.#announce.status('The furniture is back where it started.');
  }

  /** Fits the piece to the room and animates the updates. */
  async fit(): Promise<void> {
    const { photo, piece, placement } = this.#state;
    if (!photo || !piece || !placement) return;
    const signal = this.#interrupt();
    const start = this.#viewer.homography ?? placementHomography(placement, piece.info.box);
    this.#store.set({ phase: 'fitting', fit: null, update: 0, empty: false, exact: false });
    this.#announce.status(this.#state.model ? 'Fitting…' : 'Loading the model…');
    try {
      const [fit, milliseconds] = await this.#model.use(async (tryOn) => {
        const begin = performance.now();
        return [await tryOn.fit(photo.file, piece.pixels, { placement }), performance.now() - begin] as const;
      });
      if (signal.aborted) return fit.dispose();
      this.#store.set({ fit });
      const last = fit.updates.length;
      const overlay = this.#overlay(fit, last);
      const keyframes = [start, ...fit.updates.map(({ homography }) => homography)];
      await animate(
        keyframes,
        piece.info.box,
        (h) => this.#viewer.draw(h),
        (update) => this.#store.set({ update }),
        signal,
      );
      if (signal.aborted) return;
      this.#store.set({ phase: 'fitted', homography: keyframes[last]! });
      this.#announce.status(`Fitted in ${milliseconds.toFixed(0)} ms (${countUpdates(last)}).`);
      await this.#replacePreview(overlay, signal);
    } catch {
      if (signal.aborted) return;
      this.#show(placementHomography(placement, piece.info.box), 'placed');
      this.#announce.status('');
      // `modelFailed` reports a failed download.
      if (this.#state.model) this.#announce.notify(roomFitNotice());
    }
  }

  /** Shows the fit after `update` updates. */
  async goTo(update: number): Promise<void> {
    const { piece, fit } = this.#state;
    const from = this.#viewer.homography;
    if (!fit || !piece || !from || update > fit.updates.length) return;
    const signal = this.#interrupt();
    const to = update === 0 ? fit.initial : fit.updates[update - 1]!.homography;
    this.#store.set({ phase: 'fitted', update, homography: to, exact: false, empty: false });
    await animate(
      [from, to],
      piece.info.box,
      (h) => this.#viewer.draw(h),
      () => {},
      signal,
    );
    if (!signal.aborted) await this.#showComposite(signal);
  }

  setEmpty(empty: boolean): void {
    this.#store.set({ empty });
    this.#announce.status(empty ? 'Room without the furniture.' : 'Room with the furniture.');
  }

  setShadow(shadow: boolean): void {
    this.#store.set({ shadow });
    this.#announce.status(shadow ? 'With a contact shadow.' : 'Without a contact shadow.');
    if (this.#state.fit) void this.#showComposite(this.#motion.signal);
  }

  /** The room with the piece as it is shown, at full size; null if there is none. */
  async composite(): Promise<ImageData | null> {
    const { photo, piece, placement, fit, update, shadow } = this.#state;
    if (fit) return fit.composite({ update, shadow });
    if (!photo || !piece || !placement) return null;
    return this.#model.use(async (tryOn) => {
      const placed = await tryOn.fit(photo.file, piece.pixels, { placement, updates: 0 });
      return placed.composite({ shadow }).finally(() => placed.dispose());
    });
  }

  #overlay(fit: WorkerFit, update: number): Promise<OverlayInfo | null> {
    return overlayOf(fit, { update, shadow: this.#state.shadow }, this.#viewer.density, this.#images);
  }

  async #replacePreview(pending: Promise<OverlayInfo | null>, signal: AbortSignal): Promise<void> {
    const overlay = await pending;
    if (!overlay || signal.aborted) return;
    this.#viewer.showComposite(overlay);
    this.#store.set({ exact: true });
  }

  async #showComposite(signal: AbortSignal): Promise<void> {
    const { fit, update } = this.#state;
    if (fit) await this.#replacePreview(this.#overlay(fit, update), signal);
  }
}

/** A placement in the lower middle of a photo, where most rooms have their floor. */
function onTheFloor({ width, height }: { width: number; height: number }): Placement {
  return { x: 0.5 * width, y: 0.62 * height, width: 0.3 * Math.min(width, height), rotation: 0 };
}
