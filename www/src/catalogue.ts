/** The bundled gallery of portraits and glasses, and the two lists to choose from. */
import type { Placement } from './geometry.ts';
import type { Observable } from './observable.ts';
import type { GlassesChoice, PhotoChoice, Store } from './state.ts';

interface GalleryFile {
  glasses: { id: string; name: string; kind: string; file: string; thumbnail?: string }[];
  portraits: {
    id: string;
    name: string;
    alt: string;
    file: string;
    thumbnail?: string;
    placement: Placement;
  }[];
}

export interface Gallery {
  readonly glassesChoices: GlassesChoice[];
  readonly photoChoices: PhotoChoice[];
}

export async function loadGallery(): Promise<Gallery> {
  const folder = new URL('gallery/', document.baseURI);
  const address = (file: string): string => new URL(file, folder).href;
  const response = await fetch(address('gallery.json'));
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { glasses, portraits } = (await response.json()) as GalleryFile;
  return {
    glassesChoices: glasses.map(({ file, thumbnail, id, name, kind }) => ({
      id,
      name,
      kind,
      source: { url: address(file) },
      thumbnail: address(thumbnail ?? file),
    })),
    photoChoices: portraits.map(({ file, thumbnail, id, name, alt, placement }) => ({
      id,
      name,
      alt,
      placement: { ...placement, rotation: placement.rotation ?? 0 },
      source: { url: address(file) },
      thumbnail: address(thumbnail ?? file),
    })),
  };
}

interface Tile {
  readonly id: string;
  readonly name: string;
  readonly thumbnail: string;
}

/** Keeps `list` in sync with `tiles(state)`: one button per tile, the chosen one pressed. */
export function tileStrip<S extends object, T extends Tile>(
  store: Observable<S>,
  list: HTMLElement,
  tiles: (state: S) => readonly T[],
  chosen: (state: S) => string | undefined,
  choose: (tile: T) => void,
): void {
  let shown: readonly T[] | null = null;
  store.subscribe((state) => {
    const now = tiles(state);
    if (now !== shown) {
      shown = now;
      list.replaceChildren(...now.map((tile) => item(tile, () => choose(tile))));
    }
    const id = chosen(state);
    for (const button of list.querySelectorAll<HTMLButtonElement>('button')) {
      const pressed = String(button.dataset.id === id);
      if (button.getAttribute('aria-pressed') === pressed) continue;
      button.setAttribute('aria-pressed', pressed);
      if (pressed === 'true') bringIntoView(list, button);
    }
  });
}

function item(tile: Tile, choose: () => void): HTMLLIElement {
  const entry = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'tile';
  button.dataset.id = tile.id;
  const image = document.createElement('img');
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

export function glassesStrip(store: Store, list: HTMLElement, choose: (glasses: GlassesChoice) => void): void {
  tileStrip(
    store,
    list,
    (state) => state.glassesChoices,
    (state) => state.glasses?.choice.id,
    choose,
  );
}

export function photoStrip(store: Store, list: HTMLElement, choose: (photo: PhotoChoice) => void): void {
  tileStrip(
    store,
    list,
    (state) => state.photoChoices,
    (state) => state.photo?.choice.id,
    choose,
  );
}
