/** The result as a file, at the photo's own size. */
import type { Announcer } from './announce.ts';
import type { Client } from './client.ts';
import { downloadNotice } from './messages.ts';
import type { EncodedInfo, Encoding } from './protocol.ts';
import type { Store } from './state.ts';
import { fileName, formatBytes } from './words.ts';

export function downloads(
  store: Store,
  client: Client,
  announce: Announcer,
  buttons: readonly HTMLButtonElement[],
  size: HTMLElement,
): void {
  let busy = false;

  const save = async (button: HTMLButtonElement): Promise<void> => {
    const { mode, photo, frame, placement, fit, step } = store.state;
    const type = button.value as Encoding;
    if (!frame || busy) return;
    let name: string;
    let encode: () => Promise<EncodedInfo>;
    if (mode === 'live') {
      name = 'Live';
      encode = () => client.ask('live-encode', { type });
    } else {
      if (!photo || !placement) return;
      name = photo.choice.name;
      encode = () =>
        client.ask('encode', {
          photo: photo.key,
          frame: frame.choice.id,
          placement,
          fit: fit?.fit ?? null,
          step,
          type,
        });
    }
    busy = true;
    button.dataset.busy = 'true';
    announce.say('Writing the picture…');
    try {
      const { blob, width, height } = await encode();
      const address = URL.createObjectURL(blob);
      const link = document.createElement('a');
      link.href = address;
      link.download = fileName(name, frame.choice.name, type);
      link.click();
      // The download has its own hold on the data by then.
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      announce.say(`Saved as ${link.download}, ${width} × ${height} pixels, ${formatBytes(blob.size)}.`);
    } catch (error) {
      announce.say('');
      announce.warn(downloadNotice(error));
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
