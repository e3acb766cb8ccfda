/** Dialog with all glasses fitted to the current face, as a grid that fills progressively. */
import type { Client } from './client.ts';
import { type Box, faceRegion, type Placement, placementOf } from './geometry.ts';
import type { GlassesChoice, Store } from './state.ts';

/** Width of a thumbnail in pixels, and its aspect ratio (width over height). */
const WIDTH = 420;
const ASPECT = 1;

export function allGlasses(
  store: Store,
  client: Client,
  elements: { open: HTMLButtonElement; dialog: HTMLDialogElement; grid: HTMLElement; note: HTMLElement },
  choose: (glasses: GlassesChoice) => void,
): void {
  const { open, dialog, grid, note } = elements;
  /**
   * Identifies the content of the grid, which is kept if the dialog is reopened on the same face.
   */
  let shown = '';
  /** Number of the current pass over the glasses. An older pass stops. */
  let pass = 0;

  open.addEventListener('click', () => {
    dialog.showModal();
    void fill();
  });
  dialog.querySelector('[data-close]')!.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => {
    pass++;
    dialog.dataset.done = 'false';
  });

  async function fill(): Promise<void> {
    const { photo, placement, glasses, homography, glassesChoices } = store.state;
    if (!photo || !placement) return;
    const mine = ++pass;
    const face = homography && glasses ? placementOf(homography, glasses.info.box) : placement;
    const key = JSON.stringify([photo.key, placement, glassesChoices.map(({ id }) => id)]);
    if (key !== shown) {
      shown = key;
      grid.replaceChildren(...glassesChoices.map((choice) => card(choice)));
    }
    for (const button of grid.querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.dataset.id === glasses?.choice.id));
    }
    const region = faceRegion(face, photo.info, ASPECT);
    const count = glassesChoices.length;
    let failed = 0;
    for (const [index, choice] of glassesChoices.entries()) {
      const button = grid.children[index]!.querySelector('button')!;
      if (button.dataset.ready) continue;
      note.textContent = `${index} of ${count}`;
      const ready = await render(button, choice, photo.key, placement, region);
      if (mine !== pass) return;
      if (!ready) failed++;
    }
    note.textContent = failed ? `${failed} of ${count} could not be shown` : `${count} pairs`;
    dialog.dataset.done = 'true';
  }

  function card(choice: GlassesChoice): HTMLLIElement {
    const entry = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'card';
    button.dataset.id = choice.id;
    const canvas = document.createElement('canvas');
    canvas.width = WIDTH;
    canvas.height = Math.round(WIDTH / ASPECT);
    canvas.setAttribute('aria-hidden', 'true');
    const name = document.createElement('span');
    name.textContent = choice.name;
    const kind = document.createElement('small');
    kind.textContent = choice.kind;
    button.append(canvas, name, kind);
    button.addEventListener('click', () => {
      dialog.close();
      choose(choice);
    });
    entry.append(button);
    return entry;
  }

  /** Fits one pair of glasses and draws it on its card. Resolves to whether that succeeded. */
  async function render(
    button: HTMLButtonElement,
    choice: GlassesChoice,
    photo: number,
    placement: Placement,
    region: Box,
  ): Promise<boolean> {
    try {
      const image = await client.request('thumbnail', {
        photo,
        glasses: choice.id,
        source: choice.source,
        placement,
        region,
        width: WIDTH,
      });
      button.querySelector('canvas')!.getContext('bitmaprenderer')!.transferFromImageBitmap(image);
      button.dataset.ready = 'true';
      return true;
    } catch {
      button.dataset.failed = 'true';
      return false;
    }
  }

  store.subscribe((state) => {
    open.disabled = !state.photo || !state.glasses || !state.model;
  });
}
