/** The row under the picture: Fit, the steps, the photo without the frame, and back to the start. */
import type { Session } from './session.ts';
import type { State, Store } from './state.ts';
import { stepName } from './words.ts';

export interface ControlElements {
  readonly fit: HTMLButtonElement;
  readonly steps: HTMLInputElement;
  readonly stepName: HTMLOutputElement;
  readonly ticks: HTMLElement;
  readonly bare: HTMLButtonElement;
  readonly reset: HTMLButtonElement;
}

/** Longer than this, and a press of the compare button lasts only as long as the finger is down. */
const HOLD = 350;

export function controls(store: Store, session: Session, elements: ControlElements): void {
  const { fit, steps, stepName: name, ticks, bare, reset } = elements;

  fit.addEventListener('click', () => void session.fit());
  reset.addEventListener('click', () => session.reset());
  steps.addEventListener('input', () => void session.goTo(steps.valueAsNumber));
  pressOrHold(
    bare,
    (on) => session.setBare(on),
    () => store.state.bare,
  );

  let ticked = -1;
  store.subscribe((state) => {
    const { phase, fit: made, step } = state;
    fit.disabled = !state.photo || !state.frame;
    fit.dataset.busy = String(phase === 'fitting');
    fit.querySelector('.label')!.textContent = fitLabel(state);
    const count = made?.updates.length ?? 0;
    steps.disabled = count === 0;
    steps.max = String(Math.max(count, 1));
    steps.value = String(step);
    const words = count > 0 ? stepName(step, count) : 'As placed';
    steps.setAttribute('aria-valuetext', words);
    if (name.value !== words) name.value = words;
    if (ticked !== count) {
      ticked = count;
      ticks.replaceChildren(...Array.from({ length: count + 1 }, () => document.createElement('i')));
    }
    bare.disabled = !state.homography;
    bare.setAttribute('aria-pressed', String(state.bare));
    reset.disabled = !state.moved && phase !== 'fitted';
  });
}

function fitLabel({ phase, model, progress }: State): string {
  if (phase !== 'fitting') return 'Fit';
  if (model) return 'Fitting';
  return progress === null ? 'Loading' : `Loading ${Math.round(progress * 100)} %`;
}

/** A short press switches, a long one lasts while it is held; the keyboard and assistive technology switch. */
function pressOrHold(button: HTMLButtonElement, set: (on: boolean) => void, get: () => boolean): void {
  let since: number | null = null;
  button.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || get()) return;
    since = event.timeStamp;
    set(true);
  });
  // Long presses on touch screens open a menu otherwise.
  button.addEventListener('contextmenu', (event) => event.preventDefault());
  const end = (event: PointerEvent): void => {
    if (since !== null && event.timeStamp - since > HOLD) set(false);
  };
  button.addEventListener('pointerup', end);
  button.addEventListener('pointercancel', end);
  button.addEventListener('click', () => {
    if (since === null) set(!get());
    since = null;
  });
}
