/** Technical details: the updates of the fit, its homography, timing and confidence. */

import type { Update, WorkerFit } from 'stgan';
import { countUpdates, signed, significant, updateName } from '../format.ts';
import type { State, Store } from './state.ts';

/** Effect of each coordinate of sl(3) on the image, in the order of p. */
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
    matrixUpdate: HTMLElement;
    table: HTMLTableElement;
    metrics: HTMLElement;
    empty: HTMLElement;
  },
): void {
  const { matrix, matrixUpdate, table, metrics, empty } = elements;
  store.subscribe((state, before) => {
    const { homography, update } = state;
    const fit = state.fit?.fit;
    if (homography && (homography !== before.homography || matrix.childElementCount === 0)) {
      matrix.replaceChildren(...Array.from(homography, (value) => cell('span', significant(value))));
    }
    matrixUpdate.textContent = fit ? updateName(update, fit.updates.length) : 'As placed';
    if (fit !== before.fit?.fit) {
      table.hidden = !fit;
      empty.hidden = fit !== undefined;
      if (fit) fillTable(table, fit);
    }
    fillMetrics(metrics, state);
  });
}

function cell(name: 'td' | 'th' | 'span' | 'dt' | 'dd', text: string, title?: string): HTMLElement {
  const element = document.createElement(name);
  element.textContent = text;
  if (title) element.title = title;
  return element;
}

function fillTable(table: HTMLTableElement, { updates }: WorkerFit): void {
  const head = document.createElement('tr');
  head.append(heading('Coordinate', 'col'));
  for (const [index] of updates.entries()) {
    head.append(heading(`Δp, update ${index + 1}`, 'col'), heading(`p, after ${index + 1}`, 'col'));
  }
  const largest = Math.max(1e-9, ...updates.flatMap(({ delta }) => Array.from(delta, Math.abs)));
  const rows = MEANINGS.map((meaning, i) => {
    const row = document.createElement('tr');
    const name = heading(`p${subscript(i + 1)}`, 'row');
    name.append(cell('span', meaning));
    row.append(name, ...updates.flatMap((update) => values(update, i, largest)));
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

/** Two cells: Δp with a bar that grows from the centre, and the resulting p. */
function values({ delta, params }: Update, i: number, largest: number): HTMLElement[] {
  // Zero has no sign: pad it so that its bar lines up with the others.
  const change = cell('td', signed(delta[i]!).padStart(7, '\u00a0'));
  const bar = document.createElement('span');
  bar.className = 'bar';
  bar.style.setProperty('--value', String(delta[i]! / largest));
  change.prepend(bar);
  return [change, cell('td', signed(params[i]!))];
}

function fillMetrics(list: HTMLElement, { model, photo, fit, compositeTime }: State): void {
  const entries: [string, number | null | undefined][] = [
    ['Model loaded', model?.milliseconds],
    ['Photo opened', photo?.info.milliseconds],
    [fit ? `Fit (${countUpdates(fit.fit.updates.length)})` : 'Fit', fit?.milliseconds],
    ['Compositing', compositeTime],
  ];
  const texts: [string, string][] = entries.map(([name, time]) => [
    name,
    time == null ? '—' : `${time < 10 ? time.toFixed(1) : time.toFixed(0)} ms`,
  ]);
  texts.push(['Confidence', fit?.fit.confidence == null ? '—' : `${(100 * fit.fit.confidence).toFixed(0)} %`]);
  const text = texts.flat().join();
  if (list.dataset.text === text) return;
  list.dataset.text = text;
  list.replaceChildren(
    ...texts.map(([name, value]) => {
      const group = document.createElement('div');
      group.append(cell('dt', name), cell('dd', value));
      return group;
    }),
  );
}
