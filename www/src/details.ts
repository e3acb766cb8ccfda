/** For the curious: what the generators answered, and how long everything took. */
import type { FitInfo, FitUpdate } from './protocol.ts';
import type { State, Store } from './state.ts';
import { countUpdates, signed, significant, stepName } from './words.ts';

/** What each coordinate of sl(3) does to the picture, in the order of p. */
const MEANINGS = [
  'shift, x',
  'shear, x',
  'scale, x',
  'perspective, x',
  'shift, y',
  'shear, y',
  'depth',
  'perspective, y',
] as const;

export function details(
  store: Store,
  elements: {
    matrix: HTMLElement;
    matrixStep: HTMLElement;
    table: HTMLTableElement;
    times: HTMLElement;
    empty: HTMLElement;
  },
): void {
  const { matrix, matrixStep, table, times, empty } = elements;
  store.subscribe((state, before) => {
    const { fit, homography, step } = state;
    if (homography && (homography !== before.homography || matrix.childElementCount === 0)) {
      matrix.replaceChildren(...Array.from(homography, (value) => cell('span', significant(value))));
    }
    matrixStep.textContent = fit ? stepName(step, fit.updates.length) : 'As placed';
    if (fit !== before.fit) {
      table.hidden = !fit;
      empty.hidden = fit !== null;
      if (fit) fillTable(table, fit);
    }
    fillFigures(times, state);
  });
}

function cell(name: 'td' | 'th' | 'span' | 'dt' | 'dd', text: string, title?: string): HTMLElement {
  const element = document.createElement(name);
  element.textContent = text;
  if (title) element.title = title;
  return element;
}

function fillTable(table: HTMLTableElement, { updates }: FitInfo): void {
  const head = document.createElement('tr');
  head.append(heading('', 'col'));
  for (const [index] of updates.entries()) {
    head.append(heading(`Δp, update ${index + 1}`, 'col'), heading(`p, after ${index + 1}`, 'col'));
  }
  const most = Math.max(1e-9, ...updates.flatMap(({ delta }) => delta.map(Math.abs)));
  const rows = MEANINGS.map((meaning, i) => {
    const row = document.createElement('tr');
    const name = heading(`p${subscript(i + 1)}`, 'row');
    name.append(cell('span', meaning));
    row.append(name, ...updates.flatMap((update) => values(update, i, most)));
    return row;
  });
  table.tHead!.replaceChildren(head);
  table.tBodies[0]!.replaceChildren(...rows);
}

function heading(text: string, scope: 'col' | 'row'): HTMLElement {
  const element = cell('th', text);
  element.setAttribute('scope', scope);
  return element;
}

function subscript(digit: number): string {
  return String.fromCharCode(0x2080 + digit);
}

/** A Δp with a bar that grows from the middle, and the p it leads to. */
function values({ delta, params }: FitUpdate, i: number, most: number): HTMLElement[] {
  const change = cell('td', signed(delta[i]!));
  const bar = document.createElement('span');
  bar.className = 'bar';
  bar.style.setProperty('--value', String(delta[i]! / most));
  change.prepend(bar);
  return [change, cell('td', signed(params[i]!))];
}

function fillFigures(list: HTMLElement, { model, photo, fit, compositeTime }: State): void {
  const entries: [string, number | null | undefined][] = [
    ['Model loaded', model?.milliseconds],
    ['Photo opened', photo?.info.milliseconds],
    [fit ? `Fit, ${countUpdates(fit.updates.length)}` : 'Fit', fit?.milliseconds],
    ['Composite', compositeTime],
  ];
  const words: [string, string][] = entries.map(([name, time]) => [
    name,
    time == null ? '—' : `${time < 10 ? time.toFixed(1) : time.toFixed(0)} ms`,
  ]);
  words.push(['Sure of a face', fit?.confidence == null ? '—' : `${(100 * fit.confidence).toFixed(0)} %`]);
  const text = words.flat().join();
  if (list.dataset.text === text) return;
  list.dataset.text = text;
  list.replaceChildren(
    ...words.map(([name, time]) => {
      const group = document.createElement('div');
      group.append(cell('dt', name), cell('dd', time));
      return group;
    }),
  );
}
