/**
 * Messages to the user: a status line for progress, and a notice for problems and how to solve
 * them.
 */
import { prefersReducedMotion } from './editor/animate.ts';

export interface Notice {
  readonly title: string;
  /** What the user can do about it. */
  readonly advice: string;
  readonly action?: { readonly label: string; run(): void };
  /** Whether the notice stays until `clearPersistent`, even if other actions succeed. */
  readonly persistent?: boolean;
}

export interface Announcer {
  /**
   * Shows a status message, announced politely to screen readers. Repeating a message has no
   * effect.
   */
  status(message: string): void;
  /** Shows a problem until it is dismissed or cleared; announced at once to screen readers. */
  notify(notice: Notice): void;
  /** Shows a suggestion, unless a problem is shown. Null removes the suggestion. */
  hint(notice: Notice | null): void;
  /** Removes the notice unless it is persistent. */
  clear(): void;
  /** Removes a persistent notice. */
  clearPersistent(): void;
}

export function announcer(status: HTMLElement, notice: HTMLElement): Announcer {
  let persistent = false;
  let hinting = false;
  const remove = (): void => {
    persistent = hinting = false;
    notice.replaceChildren();
    notice.hidden = true;
  };
  const show = ({ title, advice, action }: Notice): void => {
    const text = document.createElement('p');
    const strong = document.createElement('strong');
    strong.textContent = title;
    text.append(strong, ' ', advice);
    notice.replaceChildren(text);
    if (action) {
      const button = document.createElement('button');
      button.className = 'button';
      button.textContent = action.label;
      button.addEventListener('click', () => {
        remove();
        action.run();
      });
      notice.append(button);
    }
    const dismiss = document.createElement('button');
    dismiss.className = 'button is-plain is-icon';
    dismiss.setAttribute('aria-label', 'Dismiss');
    dismiss.innerHTML = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="m5 5 10 10M15 5 5 15" /></svg>';
    dismiss.addEventListener('click', remove);
    notice.append(dismiss);
    notice.hidden = false;
    reveal(notice);
  };
  return {
    clear: () => (persistent ? undefined : remove()),
    clearPersistent: () => (persistent ? remove() : undefined),
    status(message) {
      if (status.textContent !== message) status.textContent = message;
    },
    notify(problem) {
      persistent = problem.persistent ?? false;
      hinting = false;
      show(problem);
    },
    hint(suggestion) {
      if (hinting) remove();
      if (!suggestion || !notice.hidden) return;
      show(suggestion);
      hinting = true;
    },
  };
}

/** Scrolls just far enough to show the whole element. */
export function reveal(element: HTMLElement): void {
  element.scrollIntoView({ block: 'nearest', behavior: prefersReducedMotion() ? 'instant' : 'smooth' });
}
