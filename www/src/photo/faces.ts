/** Markers on the faces of a group photo: pressing one moves the glasses to that face. */
import type { Session } from './session.ts';
import type { Store } from './state.ts';

export function faceMarkers(store: Store, session: Session, layer: HTMLElement): void {
  let shown: unknown = null;
  store.subscribe(({ photo, faces, face }) => {
    const marked = faces.length > 1 ? faces : [];
    if (marked !== shown) {
      shown = marked.length > 0 ? marked : null;
      layer.replaceChildren(...marked.map((_, index) => marker(index, marked.length)));
      for (const [index, { placement }] of marked.entries()) {
        const { style } = layer.children[index] as HTMLElement;
        style.left = `${(placement.x / photo!.info.width) * 100}%`;
        style.top = `${(placement.y / photo!.info.height) * 100}%`;
      }
    }
    for (const [index, button] of [...layer.children].entries())
      button.setAttribute('aria-pressed', String(index === face));
  });

  function marker(index: number, count: number): HTMLElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'face-marker';
    button.setAttribute('aria-label', `Put the glasses on face ${index + 1} of ${count}`);
    // The viewer would interpret the press as the start of a drag.
    button.addEventListener('pointerdown', (event) => event.stopPropagation());
    button.addEventListener('keydown', (event) => event.stopPropagation());
    button.addEventListener('click', () => session.chooseFace(index));
    return button;
  }
}
