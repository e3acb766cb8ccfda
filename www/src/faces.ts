/** Marks on the faces of a group photo: a press puts the frame on another one. */
import type { Session } from './session.ts';
import type { Store } from './state.ts';

export function faceMarks(store: Store, session: Session, layer: HTMLElement): void {
  let shown: unknown = null;
  store.subscribe(({ photo, faces, face }) => {
    const marks = faces.length > 1 ? faces : [];
    if (marks !== shown) {
      shown = marks.length > 0 ? marks : null;
      layer.replaceChildren(...marks.map((_, index) => mark(index, marks.length)));
      for (const [index, { placement }] of marks.entries()) {
        const { style } = layer.children[index] as HTMLElement;
        style.left = `${(placement.x / photo!.info.width) * 100}%`;
        style.top = `${(placement.y / photo!.info.height) * 100}%`;
      }
    }
    for (const [index, button] of [...layer.children].entries())
      button.setAttribute('aria-pressed', String(index === face));
  });

  function mark(index: number, count: number): HTMLElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'face-mark';
    button.setAttribute('aria-label', `Put the frame on face ${index + 1} of ${count}`);
    // The stage would take the press for the beginning of a drag.
    button.addEventListener('pointerdown', (event) => event.stopPropagation());
    button.addEventListener('keydown', (event) => event.stopPropagation());
    button.addEventListener('click', () => session.chooseFace(index));
    return button;
  }
}
