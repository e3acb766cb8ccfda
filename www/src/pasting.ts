/** Pasted images: the user says whether they show a face or glasses. */
import type { ImageInput } from './sources.ts';

export interface PasteElements {
  readonly dialog: HTMLDialogElement;
  readonly image: HTMLImageElement;
  readonly photo: HTMLButtonElement;
  readonly glasses: HTMLButtonElement;
}

export function pasting(input: ImageInput, { dialog, image, photo, glasses }: PasteElements): void {
  let pasted: File | null = null;

  const show = (file: File | null): void => {
    URL.revokeObjectURL(image.src);
    pasted = file;
    if (file) image.src = URL.createObjectURL(file);
    else image.removeAttribute('src');
  };
  const take = (kind: keyof ImageInput): void => {
    const file = pasted;
    dialog.close();
    if (!file) return;
    // Browsers name every pasted image “image.png”.
    const name = file.name && file.name !== 'image.png' ? file.name : 'Pasted image';
    input[kind](file, name);
  };
  photo.addEventListener('click', () => take('photo'));
  glasses.addEventListener('click', () => take('foreground'));
  dialog.querySelector('[data-close]')!.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    if (!dialog.open) show(null);
  });

  addEventListener('paste', (event) => {
    const file = event.clipboardData?.files[0];
    if (!file) return;
    event.preventDefault();
    show(file);
    if (!dialog.open) dialog.showModal();
    photo.focus();
  });
}
