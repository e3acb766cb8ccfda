/** Downloads or shares the result as a file, at the full size of the photo. */
import { fileName, formatBytes } from './format.ts';
import type { Live } from './live.ts';
import { downloadNotice } from './messages.ts';
import type { SessionParts } from './session.ts';
import type { Encoding } from './types.ts';

export interface DownloadElements {
  /** The value of each button is the type of its file. */
  readonly save: readonly HTMLButtonElement[];
  readonly share: HTMLButtonElement;
  readonly size: HTMLElement;
}

export function downloads(
  { store, model, images, cache, announce }: SessionParts,
  live: Live | null,
  { save, share, size }: DownloadElements,
): void {
  const buttons = [...save, share];
  share.hidden = !canShare();
  let busy = false;

  /** The photo with the glasses as they are shown, at full size. */
  const composite = async (): Promise<ImageData | null> => {
    const { photo, glasses, placement, fit, update } = store.state;
    if (fit) return fit.fit.composite({ update });
    if (!photo || !glasses || !placement) return null;
    return model.use(async (tryOn) => {
      const prepared = await cache.prepared(glasses.choice.id, tryOn);
      const placed = await tryOn.fit(photo.file, prepared, { placement, updates: 0 });
      return placed.composite().finally(() => placed.dispose());
    });
  };

  const deliver = async (button: HTMLButtonElement): Promise<void> => {
    const { mode, photo, glasses } = store.state;
    const type = button.value as Encoding;
    if (!glasses || busy) return;
    const name = mode === 'live' ? 'Live' : photo?.choice.name;
    if (name === undefined) return;
    busy = true;
    button.dataset.busy = 'true';
    announce.status(button === share ? 'Preparing the image…' : 'Saving the image…');
    try {
      const pixels = mode === 'live' ? live?.captured : await composite();
      if (!pixels) return;
      // The captured video frame may be saved again.
      const transfer = mode === 'live' ? [] : [pixels.data.buffer];
      const { blob, width, height } = await images.call('encoded', [pixels, type], transfer);
      const file = fileName(name, glasses.choice.name, type);
      if (button === share) {
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
      delete button.dataset.busy;
    }
  };

  for (const button of buttons) button.addEventListener('click', () => void deliver(button));
  store.subscribe(({ mode, live, photo, homography }) => {
    const ready = mode === 'live' ? live.phase === 'frozen' : homography !== null;
    for (const button of buttons) button.disabled = !ready;
    const shown = mode === 'live' ? (live.phase === 'frozen' ? live : null) : photo?.info;
    size.textContent = shown ? `${shown.width} × ${shown.height}` : '';
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
