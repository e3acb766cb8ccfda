/** Where images come from: downloads, the file picker, drag and drop. */
import type { Choice } from './editor/state.ts';
import { ImageError } from './image-error.ts';
import type { Source } from './types.ts';

export interface ImageInput {
  photo(file: Blob, name: string): void;
  foreground(file: Blob, name: string): void;
}

let ownImages = 0;

/** Opens an image of the user. If it can be opened, it is passed to `add`, for a list. */
export async function addOwn(
  blob: Blob,
  name: string,
  open: (choice: Choice) => Promise<boolean>,
  add: (choice: Choice) => void,
): Promise<void> {
  const choice = { id: `own-${++ownImages}`, name, source: { blob }, thumbnail: URL.createObjectURL(blob) };
  if (await open(choice)) add(choice);
  else URL.revokeObjectURL(choice.thumbnail);
}

/** Downloads that have started before anything needs them, by their address. */
const prefetched = new Map<string, Promise<Blob>>();

/** Starts to download an image that is needed soon. The next `read` takes it. */
export function prefetch(source: Source): void {
  if (!('url' in source)) return;
  const download = read(source);
  // `read` passes the error on.
  download.catch(() => {});
  prefetched.set(source.url, download);
}

/** Reads the file of an image. */
export async function read(source: Source): Promise<Blob> {
  if ('blob' in source) return source.blob;
  const started = prefetched.get(source.url);
  if (started) {
    // A failed download is tried again the next time.
    prefetched.delete(source.url);
    return started;
  }
  let response: Response;
  try {
    response = await fetch(source.url);
  } catch (error) {
    throw new ImageError('fetch', `${source.url}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!response.ok) throw new ImageError('fetch', `${source.url}: HTTP ${response.status}`);
  return response.blob();
}

/** Opens a hidden file input when a button is pressed. */
export function picker(button: HTMLButtonElement, input: HTMLInputElement, take: (file: File) => void): void {
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    // Without this, choosing the same file again would fire no event.
    input.value = '';
    if (file) take(file);
  });
}

/**
 * Accepts files dropped anywhere on the page. `zones` shows the drop zones for photos and for
 * foregrounds; a file dropped outside them is a photo.
 */
export function dropping(zones: HTMLElement, input: ImageInput): void {
  let depth = 0;
  const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  const zoneOf = (event: DragEvent): HTMLElement | null =>
    event.target instanceof Element ? event.target.closest<HTMLElement>('[data-drop]') : null;
  const show = (visible: boolean): void => {
    depth = visible ? depth : 0;
    zones.hidden = !visible;
  };

  addEventListener('dragenter', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth++;
    show(true);
  });
  addEventListener('dragleave', (event) => {
    if (carriesFiles(event) && --depth <= 0) show(false);
  });
  addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const zone = zoneOf(event);
    for (const each of zones.querySelectorAll('[data-drop]')) each.classList.toggle('is-over', each === zone);
  });
  addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    show(false);
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    if (zoneOf(event)?.dataset.drop === 'foreground') input.foreground(file, file.name);
    else input.photo(file, file.name);
  });
}
