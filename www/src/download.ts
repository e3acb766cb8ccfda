/** Downloads the result as a file, at the full size of the photo. */
import type { Announcer } from './announce.ts';
import type { Client } from './client.ts';
import { fileName, formatBytes } from './format.ts';
import { downloadNotice } from './messages.ts';
import type { EncodedInfo, Encoding } from './protocol.ts';
import type { Store } from './state.ts';

export function downloads(
  store: Store,
  client: Client,
  announce: Announcer,
  buttons: readonly HTMLButtonElement[],
  size: HTMLElement,
): void {
  let busy = false;

  const save = async (button: HTMLButtonElement): Promise<void> => {
    const { mode, photo, glasses, placement, fit, update } = store.state;
    const type = button.value as Encoding;
    if (!glasses || busy) return;
    let name: string;
    let encode: () => Promise<EncodedInfo>;
    if (mode === 'live') {
      name = 'Live';
      encode = () => client.request('live-encode', { type });
    } else {
      if (!photo || !placement) return;
      name = photo.choice.name;
      encode = () =>
        client.request('encode', {
          photo: photo.key,
          glasses: glasses.choice.id,
          placement,
          fit: fit?.id ?? null,
          update,
          type,
        });
    }
    busy = true;
    button.dataset.busy = 'true';
    announce.status('Saving the image…');
    try {
      const { blob, width, height } = await encode();
      const file = fileName(name, glasses.choice.name, type);
      saveFile(blob, file);
      announce.status(`Saved ${file} (${width} × ${height} pixels, ${formatBytes(blob.size)}).`);
    } catch (error) {
      announce.status('');
      announce.notify(downloadNotice(error));
    } finally {
      busy = false;
      delete button.dataset.busy;
    }
  };

  for (const button of buttons) button.addEventListener('click', () => void save(button));
  store.subscribe(({ mode, live, photo, homography }) => {
    const ready = mode === 'live' ? live.phase === 'frozen' : homography !== null;
    for (const button of buttons) button.disabled = !ready;
    const shown = mode === 'live' ? (live.phase === 'frozen' ? live : null) : photo?.info;
    size.textContent = shown ? `${shown.width} × ${shown.height}` : '';
  });
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
