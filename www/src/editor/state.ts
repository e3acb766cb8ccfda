/** The state of an editor: a photo, a foreground on it, and the fit. */
import type { Homography, Placement } from '../geometry.ts';
import type { Observable } from '../observable.ts';
import type { FitInfo, ForegroundInfo, ModelInfo, PhotoInfo, Source } from '../types.ts';

/**
 * - `loading`: the photo or the foreground is loading
 * - `placed`: the foreground is where the user put it
 * - `fitting`: a fit is running, or its updates are being animated
 * - `fitted`: the foreground is shown as placed or after an update of a fit
 */
export type Phase = 'loading' | 'placed' | 'fitting' | 'fitted';

/** An image that can be chosen. */
export interface Choice {
  readonly id: string;
  readonly name: string;
  readonly source: Source;
  /** URL of the thumbnail. */
  readonly thumbnail: string;
}

/** A photo that can be chosen. */
export interface PhotoChoice extends Choice {
  /** Known for sample photos. */
  readonly placement?: Placement;
  /** Text alternative of the photo. */
  readonly alt?: string;
}

/** The photo that is shown. */
export interface OpenPhoto {
  readonly choice: PhotoChoice;
  readonly file: Blob;
  readonly info: PhotoInfo;
}

/** The foreground that is shown. */
export interface OpenForeground<C extends Choice = Choice> {
  readonly choice: C;
  readonly info: ForegroundInfo;
}

export interface EditorState<C extends Choice = Choice> {
  readonly phase: Phase;
  readonly model: ModelInfo | null;
  /** Downloaded share of the model, 0 to 1; null if unknown. */
  readonly progress: number | null;
  readonly photo: OpenPhoto | null;
  readonly foreground: OpenForeground<C> | null;
  readonly photoChoices: readonly PhotoChoice[];
  readonly foregroundChoices: readonly C[];
  /** Where the user put the foreground; a fit starts here. */
  readonly placement: Placement | null;
  /** Whether the user has moved the foreground on this photo. */
  readonly moved: boolean;
  readonly fit: FitInfo | null;
  /** Number of updates applied to the foreground shown; 0 means as placed. */
  readonly update: number;
  /** Homography of the foreground at rest, without animation. */
  readonly homography: Homography | null;
  /** Whether the page shows the composite of the package and not its own preview. */
  readonly exact: boolean;
  /** Whether the photo is shown without the foreground. */
  readonly withoutForeground: boolean;
  /** Duration of the last compositing, in milliseconds. */
  readonly compositeTime: number | null;
}

/** The state of an editor before anything is loaded. */
export const EMPTY: EditorState<never> & { readonly foreground: null } = {
  phase: 'loading',
  model: null,
  progress: null,
  photo: null,
  foreground: null,
  photoChoices: [],
  foregroundChoices: [],
  placement: null,
  moved: false,
  fit: null,
  update: 0,
  homography: null,
  exact: false,
  withoutForeground: false,
  compositeTime: null,
};

/**
 * Writes the state to `data-*` attributes for styles and tests: the visibility of the foreground to
 * `viewer`, everything else to `element`. `more` returns the attributes of one tab.
 */
export function reflect<S extends EditorState>(
  store: Observable<S>,
  viewer: HTMLElement,
  element: HTMLElement,
  more: (state: S) => Record<string, string>,
): void {
  store.subscribe((state) => {
    const { phase, model, exact, update, fit, photo, foreground, homography, placement } = state;
    write(viewer, { phase, withoutForeground: String(state.withoutForeground) });
    write(element, {
      state: phase,
      model: String(model !== null),
      exact: String(exact),
      update: String(update),
      updates: String(fit?.fit.updates.length ?? 0),
      photo: photo?.choice.id ?? '',
      box: foreground ? JSON.stringify(foreground.info.box) : '',
      homography: homography ? JSON.stringify(Array.from(homography)) : '',
      placement: placement ? JSON.stringify(placement) : '',
      ...more(state),
    });
  });
}

function write({ dataset }: HTMLElement, attributes: Record<string, string>): void {
  for (const [name, value] of Object.entries(attributes)) if (dataset[name] !== value) dataset[name] = value;
}
