/** What the page knows. One object, replaced as a whole; whoever shows a part of it subscribes. */
import type { Homography, Placement } from './geometry.ts';
import type { FitInfo, FrameInfo, LocatedFace, ModelInfo, PhotoInfo, Source } from './protocol.ts';

/**
 * - `loading`: the photo or the frame is on its way
 * - `placed`: the frame is where the user put it
 * - `fitting`: the generators work, or the frame glides along their updates
 * - `fitted`: the frame shows a step of a fit
 */
export type Phase = 'loading' | 'placed' | 'fitting' | 'fitted';

/** What the glasses are tried on. */
export type Mode = 'photo' | 'live';

export interface LiveState {
  /**
   * - `off`: the camera is off
   * - `starting`: somebody has to allow it, or it warms up
   * - `searching`, `found`: it runs, without or with a face
   * - `paused`: the page is hidden
   * - `frozen`: a picture has been taken and is looked at
   */
  readonly phase: 'off' | 'starting' | 'searching' | 'found' | 'paused' | 'frozen';
  /** Seen as in a mirror. */
  readonly mirror: boolean;
  /** A frame on everybody, and not only on whoever was there first. */
  readonly everyone: boolean;
  readonly width: number;
  readonly height: number;
  readonly faces: number;
  /** From frame pixels to those of the last picture, for each face. */
  readonly homographies: readonly (readonly number[])[];
}

/** A photo that can be chosen. */
export interface PhotoChoice {
  readonly id: string;
  readonly name: string;
  readonly source: Source;
  /** Known for sample portraits. */
  readonly placement?: Placement;
  /** How to describe the picture to someone who does not see it. */
  readonly alt?: string;
  /** Address of a small picture. */
  readonly thumbnail: string;
}

/** A frame that can be chosen. */
export interface FrameChoice {
  readonly id: string;
  readonly name: string;
  /** What sort of frame it is, as "round" or "rimless". */
  readonly kind: string;
  readonly source: Source;
  /** Address of a small picture. */
  readonly thumbnail: string;
}

export interface State {
  readonly mode: Mode;
  readonly live: LiveState;
  readonly phase: Phase;
  readonly model: ModelInfo | null;
  /** Share of the model that has arrived, 0 to 1; null where it is not known. */
  readonly progress: number | null;
  readonly photo: { readonly key: number; readonly choice: PhotoChoice; readonly info: PhotoInfo } | null;
  /** The photo's faces, best first, once they have been looked for; and which of them the frame was put on. */
  readonly faces: readonly LocatedFace[];
  readonly face: number;
  readonly frame: { readonly choice: FrameChoice; readonly info: FrameInfo } | null;
  readonly frames: readonly FrameChoice[];
  readonly photos: readonly PhotoChoice[];
  /** Where the user put the frame; a fit starts here. */
  readonly placement: Placement | null;
  /** Whether the user has moved the frame on this photo. */
  readonly moved: boolean;
  readonly fit: FitInfo | null;
  /** 0: as placed; n: after n updates. */
  readonly step: number;
  /** Where the frame is seen once it is at rest. */
  readonly homography: Homography | null;
  /** Whether what is seen is the package's composite and no preview. */
  readonly exact: boolean;
  /** The photo without the frame. */
  readonly bare: boolean;
  /** Milliseconds that the last composite of the frame took. */
  readonly compositeTime: number | null;
}

export type Listener = (state: State, before: State) => void;

export class Store {
  #state: State = {
    mode: 'photo',
    live: { phase: 'off', mirror: true, everyone: false, width: 0, height: 0, faces: 0, homographies: [] },
    phase: 'loading',
    model: null,
    progress: null,
    photo: null,
    faces: [],
    face: 0,
    frame: null,
    frames: [],
    photos: [],
    placement: null,
    moved: false,
    fit: null,
    step: 0,
    homography: null,
    exact: false,
    bare: false,
    compositeTime: null,
  };
  readonly #listeners = new Set<Listener>();

  get state(): State {
    return this.#state;
  }

  update(change: Partial<State>): void {
    const before = this.#state;
    this.#state = { ...before, ...change };
    for (const listener of this.#listeners) listener(this.#state, before);
  }

  /** Tells `listener` of the state now and of every change, until the function that comes back is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    listener(this.#state, this.#state);
    return () => this.#listeners.delete(listener);
  }
}
