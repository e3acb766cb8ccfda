/** The state of the page: one immutable object. */
import type { Homography, Placement } from './geometry.ts';
import { Observable } from './observable.ts';
import type { FitInfo, GlassesInfo, LocatedFace, ModelInfo, PhotoInfo, Source } from './types.ts';

/**
 * - `loading`: the photo or the glasses are loading
 * - `placed`: the glasses are where the user put them
 * - `fitting`: a fit is running, or its updates are being animated
 * - `fitted`: the glasses are shown as placed or after an update of a fit
 */
export type Phase = 'loading' | 'placed' | 'fitting' | 'fitted';

/** What the glasses are tried on. */
export type Mode = 'photo' | 'live' | 'room';

export interface LiveState {
  /**
   * - `off`: the camera is off
   * - `starting`: waiting for permission, or for the first video frame
   * - `searching`, `found`: the camera runs, without or with a face
   * - `paused`: the page is hidden
   * - `frozen`: a photo has been taken and is shown
   */
  readonly phase: 'off' | 'starting' | 'searching' | 'found' | 'paused' | 'frozen';
  /** Whether the view is mirrored. */
  readonly mirror: boolean;
  /** Whether all faces get glasses, or only the first one found. */
  readonly allFaces: boolean;
  readonly width: number;
  readonly height: number;
  readonly faces: number;
  /** Homography from glasses pixels to pixels of the latest video frame, for each face. */
  readonly homographies: readonly (readonly number[])[];
}

/** A photo that can be chosen. */
export interface PhotoChoice {
  readonly id: string;
  readonly name: string;
  readonly source: Source;
  /** Known for sample portraits. */
  readonly placement?: Placement;
  /** Text alternative of the photo. */
  readonly alt?: string;
  /** URL of the thumbnail. */
  readonly thumbnail: string;
}

/** A pair of glasses that can be chosen. */
export interface GlassesChoice {
  readonly id: string;
  readonly name: string;
  /** Style of the glasses, such as "round" or "rimless". */
  readonly kind: string;
  readonly source: Source;
  /** URL of the thumbnail. */
  readonly thumbnail: string;
  /** The user’s file and what was done to it, for glasses of the user. */
  readonly own?: { readonly photo: Blob; readonly note: string };
}

/** The photo that is shown. */
export interface OpenPhoto {
  readonly choice: PhotoChoice;
  readonly file: Blob;
  readonly info: PhotoInfo;
}

export interface State {
  readonly mode: Mode;
  readonly live: LiveState;
  readonly phase: Phase;
  readonly model: ModelInfo | null;
  /** Downloaded share of the model, 0 to 1; null if unknown. */
  readonly progress: number | null;
  readonly photo: OpenPhoto | null;
  /** Faces detected in the photo, highest score first; empty before detection. */
  readonly faces: readonly LocatedFace[];
  /** Index in `faces` of the face with the glasses. */
  readonly face: number;
  readonly glasses: { readonly choice: GlassesChoice; readonly info: GlassesInfo } | null;
  readonly glassesChoices: readonly GlassesChoice[];
  readonly photoChoices: readonly PhotoChoice[];
  /** Where the user put the glasses; a fit starts here. */
  readonly placement: Placement | null;
  /** Whether the user has moved the glasses on this photo. */
  readonly moved: boolean;
  readonly fit: FitInfo | null;
  /** Number of updates applied to the glasses shown; 0 means as placed. */
  readonly update: number;
  /** Homography of the glasses at rest, without animation. */
  readonly homography: Homography | null;
  /** Whether the page shows the composite of the package and not its own preview. */
  readonly exact: boolean;
  /** Whether the photo is shown without the glasses. */
  readonly withoutGlasses: boolean;
  /** Duration of the last compositing, in milliseconds. */
  readonly compositeTime: number | null;
}

export class Store extends Observable<State> {
  constructor() {
    super({
      mode: 'photo',
      live: { phase: 'off', mirror: true, allFaces: false, width: 0, height: 0, faces: 0, homographies: [] },
      phase: 'loading',
      model: null,
      progress: null,
      photo: null,
      faces: [],
      face: 0,
      glasses: null,
      glassesChoices: [],
      photoChoices: [],
      placement: null,
      moved: false,
      fit: null,
      update: 0,
      homography: null,
      exact: false,
      withoutGlasses: false,
      compositeTime: null,
    });
  }
}
