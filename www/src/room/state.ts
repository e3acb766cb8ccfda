/** The state of the room tab. */
import type { WorkerFit } from 'stgan';
import type { Homography, Placement } from '../geometry.ts';
import { Observable } from '../observable.ts';
import type { Phase, PhotoChoice } from '../state.ts';
import type { GlassesInfo, ModelInfo, PhotoInfo, Source } from '../types.ts';

/** A piece of furniture that can be chosen. */
export interface PieceChoice {
  readonly id: string;
  readonly name: string;
  readonly source: Source;
  /** URL of the thumbnail. */
  readonly thumbnail: string;
}

/** The chosen piece, as it is shown: mirrored or not. */
export interface OpenPiece {
  readonly choice: PieceChoice;
  readonly pixels: ImageData;
  readonly info: GlassesInfo;
}

export interface RoomState {
  readonly phase: Phase;
  readonly model: ModelInfo | null;
  /** Downloaded share of the model, 0 to 1; null if unknown. */
  readonly progress: number | null;
  readonly photo: { readonly choice: PhotoChoice; readonly file: Blob; readonly info: PhotoInfo } | null;
  readonly piece: OpenPiece | null;
  readonly photoChoices: readonly PhotoChoice[];
  readonly pieceChoices: readonly PieceChoice[];
  /** Whether the piece is mirrored. */
  readonly mirrored: boolean;
  /** Whether the composite has a contact shadow. */
  readonly shadow: boolean;
  /** Where the user put the piece; a fit starts here. */
  readonly placement: Placement | null;
  /** Whether the user has moved the piece in this room. */
  readonly moved: boolean;
  readonly fit: WorkerFit | null;
  /** Number of updates applied to the piece shown; 0 means as placed. */
  readonly update: number;
  /** Homography of the piece at rest, without animation. */
  readonly homography: Homography | null;
  /** Whether the page shows the composite of the package and not its own preview. */
  readonly exact: boolean;
  /** Whether the room is shown without the piece. */
  readonly empty: boolean;
}

export class RoomStore extends Observable<RoomState> {
  constructor() {
    super({
      phase: 'loading',
      model: null,
      progress: null,
      photo: null,
      piece: null,
      photoChoices: [],
      pieceChoices: [],
      mirrored: false,
      shadow: true,
      placement: null,
      moved: false,
      fit: null,
      update: 0,
      homography: null,
      exact: false,
      empty: false,
    });
  }
}
