/** The two tabs: a photo or the live camera. */
import type { Mode, Store } from './state.ts';

export function tabs(store: Store, list: HTMLElement): void {
  const buttons = [...list.querySelectorAll<HTMLButtonElement>('[role="tab"]')];
  const choose = (button: HTMLButtonElement | undefined): void => {
    if (!button) return;
    store.set({ mode: button.value as Mode });
    button.focus();
  };
  for (const [index, button] of buttons.entries()) {
    button.addEventListener('click', () => choose(button));
    button.addEventListener('keydown', ({ key }) => {
      if (key === 'ArrowRight' || key === 'ArrowLeft') choose(buttons[(index + 1) % buttons.length]);
    });
  }
  store.subscribe(({ mode }) => {
    for (const button of buttons) {
      const chosen = button.value === mode;
      button.setAttribute('aria-selected', String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
    for (const part of document.querySelectorAll<HTMLElement>('[data-mode-only]'))
      part.hidden = part.dataset.modeOnly !== mode;
  });
}
