/** Ways for a user's own pictures to come in: file picker, drop, paste. */

export interface Inlet {
  photo(file: Blob, name: string): void;
  frame(file: Blob, name: string): void;
}

/** A hidden file input behind a visible button. */
export function picker(button: HTMLButtonElement, input: HTMLInputElement, take: (file: File) => void): void {
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    // Empty again, so that the same file can be chosen twice.
    input.value = '';
    if (file) take(file);
  });
}

/** Files dropped anywhere on the page: `overlay` shows where a photo and where a frame goes; elsewhere a file is a photo. */
export function dropping(overlay: HTMLElement, inlet: Inlet): void {
  let depth = 0;
  const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  const zoneOf = (event: DragEvent): HTMLElement | null =>
    event.target instanceof Element ? event.target.closest<HTMLElement>('[data-drop]') : null;
  const show = (visible: boolean): void => {
    depth = visible ? depth : 0;
    overlay.hidden = !visible;
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
    for (const each of overlay.querySelectorAll('[data-drop]')) each.classList.toggle('is-over', each === zone);
  });
  addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    show(false);
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    if (zoneOf(event)?.dataset.drop === 'frame') inlet.frame(file, file.name);
    else inlet.photo(file, file.name);
  });
}

/** A picture on the clipboard is a photo. */
export function pasting(inlet: Inlet): void {
  addEventListener('paste', (event) => {
    const file = event.clipboardData?.files[0];
    if (!file) return;
    event.preventDefault();
    inlet.photo(file, file.name || 'the pasted picture');
  });
}
