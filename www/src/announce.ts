/** What the page says: a quiet line for news, a notice for what went wrong and what to do about it. */
import { prefersStillness } from './glide.ts';

export interface Notice {
  readonly title: string;
  /** What to do next. */
  readonly advice: string;
  readonly action?: { readonly label: string; run(): void };
  /** It stands until it is mended, whatever else goes well meanwhile. */
  readonly lasting?: boolean;
}

export interface Announcer {
  /** News, read out when there is a pause. Repeating the last news changes nothing. */
  say(news: string): void;
  /** A problem: seen until dismissed or mended, read out at once. */
  warn(notice: Notice): void;
  /** A doubt: seen unless a problem is, until there is none. */
  hint(notice: Notice | null): void;
  /** What was wrong no longer matters, unless it lasts. */
  clear(): void;
  /** What lasted is mended. */
  mended(): void;
}

export function announcer(status: HTMLElement, notice: HTMLElement): Announcer {
  let lasting = false;
  let hinting = false;
  const remove = (): void => {
    lasting = hinting = false;
    notice.replaceChildren();
    notice.hidden = true;
  };
  const show = ({ title, advice, action }: Notice): void => {
    const words = document.createElement('p');
    const strong = document.createElement('strong');
    strong.textContent = title;
    words.append(strong, ' ', advice);
    notice.replaceChildren(words);
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
    clear: () => (lasting ? undefined : remove()),
    mended: () => (lasting ? remove() : undefined),
    say(news) {
      if (status.textContent !== news) status.textContent = news;
    },
    warn(problem) {
      lasting = problem.lasting ?? false;
      hinting = false;
      show(problem);
    },
    hint(doubt) {
      if (hinting) remove();
      if (!doubt || !notice.hidden) return;
      show(doubt);
      hinting = true;
    },
  };
}

/** Scrolls no further than needed to see an element whole. */
export function reveal(element: HTMLElement): void {
  element.scrollIntoView({ block: 'nearest', behavior: prefersStillness() ? 'instant' : 'smooth' });
}
