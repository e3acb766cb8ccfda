/** The session of the photo tab: glasses on the faces of photos. */
import type { WorkerGlasses, WorkerTryOn } from 'stgan';
import type { Notice } from '../announce.ts';
import { type EditorParts, EditorSession } from '../editor/session.ts';
import type { OpenForeground, OpenPhoto } from '../editor/state.ts';
import { guessPlacement, keepOnPhoto, type Placement } from '../geometry.ts';
import { fitNotice, lowConfidenceNotice, noFaceNotice, ownGlassesNotice } from '../messages.ts';
import type { FitInfo } from '../types.ts';
import type { GlassesCache } from './glasses-cache.ts';
import type { GlassesChoice, State } from './state.ts';

/** Below this confidence a fit gets a warning. */
const MIN_CONFIDENCE = 0.5;

/**
 * The probability of glasses from which the page suggests to take them off: high, since a wrong
 * suggestion is worse than none.
 */
const WORN = 0.97;

const ADVICE = 'Drag the glasses roughly onto the eyes, then press Fit.';

/** What the session and the other modules for glasses work with. */
export interface SessionParts extends EditorParts<State> {
  readonly cache: GlassesCache;
}

export class Session extends EditorSession<GlassesChoice, State> {
  readonly #cache: GlassesCache;
  /** Whether glasses chosen in the live view still have to be fitted to the photo. */
  #fitPending = false;

  constructor({ cache, ...parts }: SessionParts) {
    super(parts, {
      foreground: 'glasses',
      photo: 'photo',
      advice: ADVICE,
      reset: 'The glasses are back where they started.',
    });
    this.#cache = cache;
    parts.store.subscribe(({ mode }, before) => {
      if (mode === 'photo' && before.mode === 'live' && this.#fitPending) void this.fit();
    });
  }

  protected override photoOpened(photo: OpenPhoto): void {
    this.#fitPending = false;
    this.store.set({ faces: [], face: 0 });
    if (!photo.choice.placement) void this.#locate(photo);
  }

  /**
   * Detects faces and fits the glasses to the best one, unless the user has moved or fitted them.
   */
  async #locate(photo: OpenPhoto): Promise<void> {
    this.announce.status('Looking for a face…');
    const stale = (): boolean => this.state.photo !== photo;
    try {
      const located = await this.model.use((tryOn) => tryOn.locate(photo.file));
      if (stale()) return;
      const faces = located.map(({ placement, score, attributes }) => ({
        placement,
        score,
        wearsGlasses: attributes !== undefined && attributes.glasses >= WORN,
      }));
      this.store.set({ faces });
      if (this.state.moved || this.state.phase === 'fitting' || this.state.phase === 'fitted') return;
      if (faces.length > 0) return this.chooseFace(0);
      this.announce.status('');
      this.announce.hint(noFaceNotice());
    } catch {
      // A failed download of the model is reported. The glasses can still be dragged.
      if (!stale()) this.announce.status(ADVICE);
    }
  }

  /** Puts the glasses on a detected face and fits them. */
  chooseFace(index: number): void {
    const { photo, faces } = this.state;
    const face = faces[index];
    if (!photo || !face) return;
    this.store.set({ placement: keepOnPhoto(face.placement, photo.info), moved: false, face: index });
    void this.fit();
  }

  /** By default the glasses are fitted if the previous ones were; `fit` overrides that. */
  override async chooseForeground(choice: GlassesChoice, { fit }: { fit?: boolean } = {}): Promise<boolean> {
    const loaded = await this.loadForeground(choice, () => this.#cache.load(choice.id, choice.source));
    if (!loaded) return false;
    const { phase, mode } = this.state;
    const refit = fit ?? (phase === 'fitted' || phase === 'fitting');
    const advice = mode === 'live' ? '' : ' Press Fit to adjust the glasses to the face.';
    this.showForeground({ choice, info: loaded.info }, `${choice.name} selected.${advice}`);
    // In live mode the worker is busy with video frames: fit when the user returns to the photo.
    if (refit && mode === 'live') this.#fitPending = true;
    else if (refit) void this.fit();
    return true;
  }

  override async fit(): Promise<void> {
    this.#fitPending = false;
    await super.fit();
  }

  protected override firstPlacement(photo: OpenPhoto): Placement {
    const { faces, face } = this.state;
    // The faces of the photo before are of no use for one that is being opened.
    const located = photo === this.state.photo ? faces[face] : undefined;
    return located?.placement ?? guessPlacement(photo.info);
  }

  protected override prepared({ choice }: OpenForeground, tryOn: WorkerTryOn): Promise<WorkerGlasses> {
    return this.#cache.prepared(choice.id, tryOn);
  }

  protected override fitNotice(error: unknown): Notice {
    return fitNotice(error);
  }

  protected override fitShown(info: FitInfo): void {
    if (this.state.mode === 'photo') super.fitShown(info);
    this.announce.hint(this.#suggestion(info.fit.confidence ?? 1));
  }

  /** What the user could do for a better result. */
  #suggestion(confidence: number): Notice | null {
    if (confidence < MIN_CONFIDENCE) return lowConfidenceNotice();
    const { faces, face, moved } = this.state;
    return !moved && faces[face]?.wearsGlasses ? ownGlassesNotice() : null;
  }
}
