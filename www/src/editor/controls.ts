/** The controls of an editor: Fit, the update slider, the comparison button and Reset. */
import { button, byId } from '../elements.ts';
import { updateName } from '../format.ts';
import type { Observable } from '../observable.ts';
import type { EditorSession } from './session.ts';
import type { Choice, EditorState } from './state.ts';

/** A longer press of the comparison button, in milliseconds, ends when the pointer is released. */
const MIN_HOLD = 350;

/** Connects the controls whose ids start with `prefix`. */
export function controls<C extends Choice, S extends EditorState<C>>(
  store: Observable<S>,
  session: EditorSession<C, S>,
  prefix: '' | 'room-',
): void {
  const [fit, comparison, reset] = [button(`${prefix}fit`), button(`${prefix}before`), button(`${prefix}reset`)];
  const slider = byId(`${prefix}update`, HTMLInputElement);
  const name = byId(`${prefix}update-name`, HTMLOutputElement);
  const ticks = byId(`${prefix}ticks`, HTMLElement);

  fit.addEventListener('click', () => void session.fit());
  reset.addEventListener('click', () => session.reset());
  slider.addEventListener('input', () => void session.goTo(slider.valueAsNumber));
  pressOrHold(
    comparison,
    (on) => session.setWithoutForeground(on),
    () => store.state.withoutForeground,
  );

  store.subscribe((state) => {
    const { phase, update } = state;
    fit.disabled = !state.photo || !state.foreground;
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
    comparison.disabled = !state.homography;
    comparison.setAttribute('aria-pressed', String(state.withoutForeground));
    reset.disabled = !state.moved && phase !== 'fitted';
  });
}

/** Draws a tick for the placement and one for each update. */
function drawTicks(ticks: HTMLElement, updates: number): void {
  if (ticks.childElementCount === updates + 1) return;
  ticks.replaceChildren(...Array.from({ length: updates + 1 }, () => document.createElement('i')));
}

/** The text of the button that fits, with the progress of the download. */
function fitLabel({ phase, model, progress }: EditorState): string {
  if (phase !== 'fitting') return 'Fit';
  if (model) return 'Fitting';
  return progress === null ? 'Loading' : `Loading ${Math.round(progress * 100)} %`;
}

/**
 * A short press toggles; a long press switches on until it is released. Keyboards and assistive
 * technology toggle.
 */
function pressOrHold(button: HTMLButtonElement, set: (on: boolean) => void, get: () => boolean): void {
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
