/** The state of the room tab. */
import { type Choice, type EditorState, EMPTY, type OpenForeground } from '../editor/state.ts';
import { Observable } from '../observable.ts';

/** The chosen piece of furniture, as it is shown: mirrored or not. */
export interface OpenPiece extends OpenForeground {
  readonly pixels: ImageData;
}

/** The foreground is a piece of furniture. */
export interface RoomState extends EditorState<Choice> {
  readonly foreground: OpenPiece | null;
  /** Whether the piece is mirrored. */
  readonly mirrored: boolean;
  /** Whether the composite has a contact shadow. */
  readonly shadow: boolean;
}

export class RoomStore extends Observable<RoomState> {
  constructor() {
    super({ ...EMPTY, mirrored: false, shadow: true });
  }
}
