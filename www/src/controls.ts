/** Controls of the photo tab: Fit, the update slider, the comparison button and Reset. */
import { updateName } from './format.ts';
import type { Session } from './session.ts';
import type { State, Store } from './state.ts';

export interface ControlElements {
  readonly fit: HTMLButtonElement;
  readonly update: HTMLInputElement;
  readonly updateName: HTMLOutputElement;
  readonly ticks: HTMLElement;
  readonly withoutGlasses: HTMLButtonElement;
  readonly reset: HTMLButtonElement;
}

/** A longer press of the comparison button, in milliseconds, ends when the pointer is released. */
const MIN_HOLD = 350;

export function controls(store: Store, session: Session, elements: ControlElements): void {
  const { fit, update: slider, updateName: name, ticks, withoutGlasses, reset } = elements;

  fit.addEventListener('click', () => void session.fit());
  reset.addEventListener('click', () => session.reset());
  slider.addEventListener('input', () => void session.goTo(slider.valueAsNumber));
  pressOrHold(
    withoutGlasses,
    (on) => session.setWithoutGlasses(on),
    () => store.state.withoutGlasses,
  );

  store.subscribe((state) => {
    const { phase, update } = state;
    fit.disabled = !state.photo || !state.glasses;
    fit.dataset.busy = String(phase === 'fitting');
    fit.querySelector('.label')!.textContent = fitLabel(state);
    const count = state.fit?.fit.updates.length ?? 0;
    slider.disabled = count === 0;
    slider.max = String(Math.max(count, 1));
    slider.value = String(update);
    const text = updateName(count > 0 ? update : 0, count);
    slider.setAttribute('aria-valuetext', text);
    if (name.value !== text) name.value = text;
    drawTicks(ticks, count);
    withoutGlasses.disabled = !state.homography;
    withoutGlasses.setAttribute('aria-pressed', String(state.withoutGlasses));
    reset.disabled = !state.moved && phase !== 'fitted';
  });
}

/** Draws a tick for the placement and one for each update. */
export function drawTicks(ticks: HTMLElement, updates: number): void {
  if (ticks.childElementCount === updates + 1) return;
  ticks.replaceChildren(...Array.from({ length: updates + 1 }, () => document.createElement('i')));
}

/** The text of the button that fits, with the progress of the download. */
export function fitLabel({ phase, model, progress }: Pick<State, 'phase' | 'model' | 'progress'>): string {
  if (phase !== 'fitting') return 'Fit';
  if (model) return 'Fitting';
  return progress === null ? 'Loading' : `Loading ${Math.round(progress * 100)} %`;
}

/**
 * A short press toggles; a long press switches on until it is released. Keyboards and assistive
 * technology toggle.
 */
export function pressOrHold(button: HTMLButtonElement, set: (on: boolean) => void, get: () => boolean): void {
  let since: number | null = null;
  button.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || get()) return;
    since = event.timeStamp;
    set(true);
  });
  // A long press on a touch screen would open the context menu.
  button.addEventListener('contextmenu', (event) => event.preventDefault());
  const end = (event: PointerEvent): void => {
    if (since !== null && event.timeStamp - since > MIN_HOLD) set(false);
  };
  button.addEventListener('pointerup', end);
  button.addEventListener('pointercancel', end);
  button.addEventListener('click', () => {
    if (since === null) set(!get());
    since = null;
  });
}
