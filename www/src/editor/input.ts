/** Connects the gestures and keys on a viewer with its editor. */
import type { Observable } from '../observable.ts';
import { keyMove, listen } from './gestures.ts';
import type { EditorSession } from './session.ts';
import type { Choice, EditorState } from './state.ts';
import type { Viewer } from './viewer.ts';

/** `shortcuts` are further keys of a tab, in lower case. */
export function connectViewer<C extends Choice, S extends EditorState<C>>(
  store: Observable<S>,
  viewer: Viewer,
  session: EditorSession<C, S>,
  shortcuts: Readonly<Record<string, () => void>> = {},
): void {
  const { element, handle } = viewer;
  listen(element, handle, {
    placement: () => session.currentPlacement,
    toPhoto: (x, y) => viewer.toPhoto(x, y),
    onForeground: (x, y) => viewer.onForeground(x, y),
    move: (placement) => session.place(placement),
    end: () => session.announcePlacement(),
  });
  const keys: typeof shortcuts = { enter: () => void session.fit(), home: () => session.reset(), ...shortcuts };
  element.addEventListener('keydown', (event) => {
    const { photo } = store.state;
    const placement = session.currentPlacement;
    if (!photo || !placement || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key.toLowerCase()];
    if (act) act();
    else {
      const moved = keyMove(placement, event.key, event.shiftKey, Math.min(photo.info.width, photo.info.height));
      if (!moved) return;
      session.place(moved);
      session.announcePlacement();
    }
    event.preventDefault();
  });
}
