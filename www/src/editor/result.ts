/** The result bar: saves or shares what an editor shows, at the full size of the photo. */
import type { Announcer } from '../announce.ts';
import { button, byId } from '../elements.ts';
import { fileName, formatBytes } from '../format.ts';
import type { ImageClient } from '../image-client.ts';
import { downloadNotice } from '../messages.ts';
import type { Observable } from '../observable.ts';
import type { Encoding } from '../types.ts';
import type { EditorSession } from './session.ts';
import type { Choice, EditorState } from './state.ts';

/** An image that can be saved. */
export interface Result {
  /** Names for the file: of the photo and of the foreground. */
  readonly names: readonly [string, string];
  readonly width: number;
  readonly height: number;
  pixels(): Promise<ImageData | null>;
  /** Whether `pixels` may return the same pixels again. */
  readonly keep?: boolean;
}

/** The photo with the foreground as an editor shows it, or null if there is none. */
export function resultOf<C extends Choice, S extends EditorState<C>>(
  { photo, foreground, homography }: S,
  session: EditorSession<C, S>,
): Result | null {
  if (!photo || !foreground || !homography) return null;
  const { width, height } = photo.info;
  return { names: [photo.choice.name, foreground.choice.name], width, height, pixels: () => session.composite() };
}

/** Connects the buttons whose ids start with `prefix`. Their values are the types of the files. */
export function resultBar<S extends EditorState>(
  { store, images, announce }: { store: Observable<S>; images: ImageClient; announce: Announcer },
  prefix: '' | 'room-',
  resultFor: (state: S) => Result | null,
): void {
  const share = button(`${prefix}share`);
  const buttons = [button(`${prefix}png`), button(`${prefix}jpeg`), share];
  const size = byId(`${prefix}size`, HTMLElement);
  share.hidden = !canShare();
  let busy = false;

  const deliver = async (pressed: HTMLButtonElement): Promise<void> => {
    const result = resultFor(store.state);
    const type = pressed.value as Encoding;
    if (!result || busy) return;
    busy = true;
    pressed.dataset.busy = 'true';
    announce.status(pressed === share ? 'Preparing the image…' : 'Saving the image…');
    try {
      const pixels = await result.pixels();
      if (!pixels) return;
      const transfer = result.keep ? [] : [pixels.data.buffer];
      const { blob, width, height } = await images.call('encoded', [pixels, type], transfer);
      const file = fileName(...result.names, type);
      if (pressed === share) {
        await navigator.share({ files: [new File([blob], file, { type })] });
        announce.status(`Shared ${file}.`);
      } else {
        saveFile(blob, file);
        announce.status(`Saved ${file} (${width} × ${height} pixels, ${formatBytes(blob.size)}).`);
      }
    } catch (error) {
      announce.status('');
      // The user has closed the dialog for sharing.
      if (!isAbort(error)) announce.notify(downloadNotice(error));
    } finally {
      busy = false;
      delete pressed.dataset.busy;
    }
  };

  for (const each of buttons) each.addEventListener('click', () => void deliver(each));
  store.subscribe((state) => {
    const result = resultFor(state);
    for (const each of buttons) each.disabled = !result;
    size.textContent = result ? `${result.width} × ${result.height}` : '';
  });
}

/** Whether the browser can pass an image to another app. */
function canShare(): boolean {
  return Boolean(navigator.canShare?.({ files: [new File([''], 'image.jpeg', { type: 'image/jpeg' })] }));
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** Starts a download of a file with this name. */
export function saveFile(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The URL must stay valid until the browser has started the download.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
