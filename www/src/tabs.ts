/** The tabs: a photo, the live camera, or a room. */
import type { Mode, Store } from './photo/state.ts';

export function tabs(store: Store, list: HTMLElement): void {
  const buttons = [...list.querySelectorAll<HTMLButtonElement>('[role="tab"]')];
  const choose = (button: HTMLButtonElement | undefined): void => {
    if (!button) return;
    store.set({ mode: button.value as Mode });
    button.focus();
  };
  for (const button of buttons) {
    button.addEventListener('click', () => choose(button));
    button.addEventListener('keydown', ({ key }) => {
      const shown = buttons.filter((each) => !each.hidden);
      const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? shown.length - 1 : 0;
      if (step) choose(shown[(shown.indexOf(button) + step) % shown.length]);
    });
  }
  store.subscribe(({ mode }) => {
    for (const button of buttons) {
      const chosen = button.value === mode;
      button.setAttribute('aria-selected', String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
    for (const part of document.querySelectorAll<HTMLElement>('[data-mode-only]'))
      part.hidden = !part.dataset.modeOnly?.split(' ').includes(mode);
  });
}
