/** The lists of images to choose from. */
import type { Observable } from '../observable.ts';
import { afterFrame } from '../schedule.ts';
import type { Choice, EditorState, PhotoChoice } from './state.ts';

/** Keeps `list` in sync with `tiles(state)`: one button per tile, the chosen one pressed. */
function tileStrip<S extends object, T extends Choice>(
  store: Observable<S>,
  list: HTMLElement,
  tiles: (state: S) => readonly T[],
  chosen: (state: S) => string | undefined,
  choose: (tile: T) => void,
): void {
  let shown: readonly T[] | null = null;
  let marked: string | undefined;
  store.subscribe((state) => {
    const [now, id] = [tiles(state), chosen(state)];
    if (now === shown && id === marked) return;
    marked = id;
    if (now !== shown) {
      shown = now;
      list.replaceChildren(...now.map((tile) => item(tile, () => choose(tile))));
    }
    for (const button of list.querySelectorAll<HTMLButtonElement>('button')) {
      const pressed = String(button.dataset.id === id);
      if (button.getAttribute('aria-pressed') === pressed) continue;
      button.setAttribute('aria-pressed', pressed);
      if (pressed === 'true') afterFrame(() => bringIntoView(list, button));
    }
  });
}

function item(tile: Choice, choose: () => void): HTMLLIElement {
  const entry = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'tile';
  button.dataset.id = tile.id;
  const image = document.createElement('img');
  // Before the address: tiles that the list does not show are loaded when it is scrolled to them.
  image.loading = 'lazy';
  image.src = tile.thumbnail;
  image.alt = '';
  image.decoding = 'async';
  // The model and the first portrait are more urgent.
  image.fetchPriority = 'low';
  const name = document.createElement('span');
  name.textContent = tile.name;
  button.append(image, name);
  button.addEventListener('click', choose);
  entry.append(button);
  return entry;
}

/** Scrolls only the list: `scrollIntoView` would also scroll the page. */
function bringIntoView(list: HTMLElement, button: HTMLElement): void {
  const [outer, inner] = [list.getBoundingClientRect(), button.getBoundingClientRect()];
  if (inner.left < outer.left || inner.right > outer.right) {
    list.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  }
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    list.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  }
}

/** Fills the two lists of a tab, and marks the images that are shown. */
export function tileStrips<S extends EditorState>(
  store: Observable<S>,
  lists: { readonly photos: HTMLElement; readonly foregrounds: HTMLElement },
  choosePhoto: (photo: PhotoChoice) => void,
  chooseForeground: (foreground: S['foregroundChoices'][number]) => void,
): void {
  tileStrip(
    store,
    lists.photos,
    (state) => state.photoChoices,
    (state) => state.photo?.choice.id,
    choosePhoto,
  );
  tileStrip(
    store,
    lists.foregrounds,
    (state): readonly S['foregroundChoices'][number][] => state.foregroundChoices,
    (state) => state.foreground?.choice.id,
    chooseForeground,
  );
}
