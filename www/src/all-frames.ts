/** Every frame, fitted, on this face: a grid that fills itself while one looks. */
import type { Client } from './client.ts';
import { type Box, faceRegion, type Placement, placementOf } from './geometry.ts';
import type { FrameChoice, Store } from './state.ts';

/** Width over height of a thumbnail, and its width in pixels. */
const ASPECT = 1;
const WIDTH = 420;

export function allFrames(
  store: Store,
  client: Client,
  elements: { open: HTMLButtonElement; dialog: HTMLDialogElement; grid: HTMLElement; note: HTMLElement },
  choose: (frame: FrameChoice) => void,
): void {
  const { open, dialog, grid, note } = elements;
  /** What the grid shows; opened again on the same face it is kept. */
  let shown = '';
  /** The pass that fills the grid now. */
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
    const { photo, placement, frame, homography, frames } = store.state;
    if (!photo || !placement) return;
    const mine = ++pass;
    const face = homography && frame ? placementOf(homography, frame.info.box) : placement;
    const key = JSON.stringify([photo.key, placement, frames.map(({ id }) => id)]);
    if (key !== shown) {
      shown = key;
      grid.replaceChildren(...frames.map((each) => card(each)));
    }
    for (const button of grid.querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.dataset.id === frame?.choice.id));
    }
    const region = faceRegion(face, photo.info, ASPECT);
    let failed = 0;
    for (const [index, each] of frames.entries()) {
      const button = grid.children[index]!.querySelector('button')!;
      if (button.dataset.ready) continue;
      note.textContent = `${index} of ${frames.length}`;
      const ready = await picture(button, each, photo.key, placement, region);
      if (mine !== pass) return;
      if (!ready) failed++;
    }
    note.textContent = failed ? `${failed} of ${frames.length} could not be shown` : `${frames.length} frames`;
    dialog.dataset.done = 'true';
  }

  function card(each: FrameChoice): HTMLLIElement {
    const entry = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'card';
    button.dataset.id = each.id;
    const canvas = document.createElement('canvas');
    canvas.width = WIDTH;
    canvas.height = Math.round(WIDTH / ASPECT);
    canvas.setAttribute('aria-hidden', 'true');
    const name = document.createElement('span');
    name.textContent = each.name;
    const kind = document.createElement('small');
    kind.textContent = each.kind;
    button.append(canvas, name, kind);
    button.addEventListener('click', () => {
      dialog.close();
      choose(each);
    });
    entry.append(button);
    return entry;
  }

  async function picture(
    button: HTMLButtonElement,
    each: FrameChoice,
    photo: number,
    placement: Placement,
    region: Box,
  ): Promise<boolean> {
    try {
      const image = await client.ask('thumbnail', {
        photo,
        frame: each.id,
        source: each.source,
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
    open.disabled = !state.photo || !state.frame || !state.model;
  });
}
