/** Dialog with all glasses fitted to the current face, as a grid that fills progressively. */

import type { OpenPhoto } from '../editor/state.ts';
import { type Box, faceRegion, type Placement, placementOf } from '../geometry.ts';
import type { SessionParts } from './session.ts';
import type { GlassesChoice } from './state.ts';

/** Size of a thumbnail in pixels. */
const [WIDTH, HEIGHT] = [420, 420];

/** The part of the photo on all cards. */
interface View {
  readonly photo: OpenPhoto;
  readonly placement: Placement;
  readonly region: Box;
  /** The region without glasses, at the size of a card. */
  readonly background: ImageBitmap;
}

export function allGlasses(
  { store, model, images, cache }: SessionParts,
  elements: { open: HTMLButtonElement; dialog: HTMLDialogElement; grid: HTMLElement; note: HTMLElement },
  choose: (glasses: GlassesChoice) => void,
): void {
  const { open, dialog, grid, note } = elements;
  /**
   * Identifies the content of the grid, which is kept if the dialog is reopened on the same face.
   */
  let shown = '';
  let shownPhoto: OpenPhoto | null = null;
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
    const { photo, placement, foreground, homography, foregroundChoices } = store.state;
    if (!photo || !placement) return;
    const mine = ++pass;
    const face = homography && foreground ? placementOf(homography, foreground.info.box) : placement;
    const key = JSON.stringify([placement, foregroundChoices.map(({ id }) => id)]);
    if (key !== shown || photo !== shownPhoto) {
      [shown, shownPhoto] = [key, photo];
      grid.replaceChildren(...foregroundChoices.map((choice) => card(choice)));
    }
    for (const button of grid.querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.dataset.id === foreground?.choice.id));
    }
    const region = faceRegion(face, photo.info, WIDTH / HEIGHT);
    const count = foregroundChoices.length;
    let background: ImageBitmap | undefined;
    let failed = 0;
    for (const [index, choice] of foregroundChoices.entries()) {
      const button = grid.children[index]!.querySelector('button')!;
      if (button.dataset.ready) continue;
      note.textContent = `${index} of ${count}`;
      try {
        background ??= await images.call('region', [photo.file, region, WIDTH, HEIGHT]);
        await render(button.querySelector('canvas')!, choice, { photo, placement, region, background });
        button.dataset.ready = 'true';
      } catch {
        button.dataset.failed = 'true';
        failed++;
      }
      if (mine !== pass) break;
    }
    background?.close();
    if (mine !== pass) return;
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
    canvas.height = HEIGHT;
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

  /** Fits one pair of glasses and draws it on the canvas of its card. */
  async function render(canvas: HTMLCanvasElement, choice: GlassesChoice, view: View): Promise<void> {
    const { photo, placement, region, background } = view;
    const overlay = await model.use(async (tryOn) => {
      const prepared = await cache.prepared(choice.id, tryOn, choice.source);
      const fit = await tryOn.fit(photo.file, prepared, { placement });
      return fit.overlay().finally(() => fit.dispose());
    });
    const drawing = canvas.getContext('2d')!;
    drawing.drawImage(background, 0, 0);
    if (!overlay) return;
    const { x, y, image } = overlay;
    const scale = WIDTH / region.width;
    const [width, height] = [image.width * scale, image.height * scale];
    const size = [Math.ceil(width), Math.ceil(height)] as const;
    const glasses = await images.call('resized', [image, ...size], [image.data.buffer]);
    drawing.drawImage(glasses, (x - region.x) * scale, (y - region.y) * scale, width, height);
    glasses.close();
  }

  store.subscribe((state) => {
    open.disabled = !state.photo || !state.foreground || !state.model;
  });
}
