/** The state of the page and of its photo tab: one immutable object. */
import { type Choice, type EditorState, EMPTY } from '../editor/state.ts';
import { Observable } from '../observable.ts';
import type { LocatedFace } from '../types.ts';

/** The tabs: what the glasses are tried on, or the room for furniture. */
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

/** A pair of glasses that can be chosen. */
export interface GlassesChoice extends Choice {
  /** Style of the glasses, such as "round" or "rimless". */
  readonly kind: string;
  /** The user’s file and what was done to it, for glasses of the user. */
  readonly own?: { readonly photo: Blob; readonly note: string };
}

/** The foreground is a pair of glasses. */
export interface State extends EditorState<GlassesChoice> {
  readonly mode: Mode;
  readonly live: LiveState;
  /** Faces detected in the photo, highest score first; empty before detection. */
  readonly faces: readonly LocatedFace[];
  /** Index in `faces` of the face with the glasses. */
  readonly face: number;
}

export class Store extends Observable<State> {
  constructor() {
    super({
      ...EMPTY,
      mode: 'photo',
      live: { phase: 'off', mirror: true, allFaces: false, width: 0, height: 0, faces: 0, homographies: [] },
      faces: [],
      face: 0,
    });
  }
}
