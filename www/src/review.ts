/**
 * Dialog that shows a cut-out beside the photo that it comes from, with tools to correct it, or a
 * photo that cannot be cut out.
 */
import type { Pixels, Sheet } from './correct.ts';
import { Corrections } from './corrections.ts';
import type { Point } from './geometry.ts';
import { Panes } from './panes.ts';
import type { Finding } from './report.ts';

export interface ReviewElements {
  readonly dialog: HTMLDialogElement;
  readonly title: HTMLElement;
  readonly name: HTMLElement;
  readonly editor: HTMLElement;
  readonly original: HTMLElement;
  readonly cutOut: HTMLElement;
  readonly skin: HTMLButtonElement;
  readonly findings: HTMLElement;
  readonly tools: HTMLElement;
  readonly amount: HTMLInputElement;
  readonly amountName: HTMLElement;
  readonly undo: HTMLButtonElement;
  readonly refusal: HTMLElement;
  readonly refused: HTMLImageElement;
  readonly reason: HTMLElement;
  readonly advice: HTMLElement;
  readonly status: HTMLElement;
  readonly another: HTMLButtonElement;
  readonly save: HTMLButtonElement;
  readonly byHand: HTMLButtonElement;
  readonly cancel: HTMLButtonElement;
  readonly use: HTMLButtonElement;
}

export type Answer = 'use' | 'another' | 'by-hand' | 'cancel';

/** A cut-out to review. */
export interface Subject {
  readonly name: string;
  readonly sheet: Sheet;
  readonly findings: readonly Finding[];
  /** Whether the cut-out must be corrected before it can be used. */
  readonly unfinished: boolean;
  /** Saves the cut-out as a file; `corrected` is null if it is as the package made it. */
  save(corrected: Pixels | null): Promise<string>;
}

type Tool = 'click-background' | 'click-lens' | 'brush-background' | 'brush-front' | 'brush-lens';

const HINTS: Record<Tool, string> = {
  'click-background': 'Click what should go.',
  'click-lens': 'Click inside a lens.',
  'brush-background': 'Paint what should go. Scroll or pinch to zoom.',
  'brush-front': 'Paint what should come back.',
  'brush-lens': 'Paint what should be see-through.',
};

/** Initial values and limits of the slider: screen pixels for brushes, colour levels for clicks. */
const AMOUNTS = {
  brush: { name: 'Brush size', min: 4, max: 80, initial: 24 },
  click: { name: 'Colour range', min: 4, max: 80, initial: 24 },
} as const;

export class Review {
  readonly #elements: ReviewElements;
  readonly #panes: Panes;
  readonly #amounts = { brush: AMOUNTS.brush.initial as number, click: AMOUNTS.click.initial as number };
  #subject: Subject | null = null;
  #corrections: Corrections | null = null;
  #pressed: Point | null = null;
  #answer: (answer: Answer) => void = () => {};

  constructor(elements: ReviewElements) {
    this.#elements = elements;
    const { dialog, original, cutOut, skin, tools, amount, undo } = elements;
    this.#panes = new Panes([original, cutOut], {
      press: (at) => this.#press(at),
      drag: (at) => this.#corrections?.extend(at, this.#radius),
      release: (at) => this.#release(at),
      cancel: () => {
        this.#pressed = null;
        this.#corrections?.cancel();
      },
      key: (key) => this.#key(key),
    });
    tools.addEventListener('change', () => this.#reflect());
    amount.addEventListener('input', () => {
      this.#amounts[this.#kind] = amount.valueAsNumber;
      this.#reflect();
    });
    undo.addEventListener('click', () => this.#undo());
    skin.addEventListener('click', () => {
      const pressed = skin.getAttribute('aria-pressed') !== 'true';
      skin.setAttribute('aria-pressed', String(pressed));
      cutOut.dataset.ground = pressed ? 'skin' : 'checks';
    });
    for (const [button, answer] of [
      [elements.use, 'use'],
      [elements.another, 'another'],
      [elements.byHand, 'by-hand'],
      [elements.cancel, 'cancel'],
      [dialog.querySelector<HTMLElement>('[data-close]')!, 'cancel'],
    ] as const) {
      button.addEventListener('click', () => this.close(answer));
    }
    elements.save.addEventListener('click', () => void this.#save());
    dialog.addEventListener('close', () => {
      // The event of an earlier closing can arrive when the dialog is open again.
      if (!dialog.open) this.#answer('cancel');
    });
    dialog.addEventListener('keydown', (event) => {
      if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
      event.preventDefault();
      this.#undo();
    });
  }

  /** The cut-out, or null if it has not been corrected. */
  get corrected(): Pixels | null {
    return this.#corrections && this.#corrections.count > 0 ? this.#corrections.sheet.cutOut : null;
  }

  /** Shows a cut-out until the user has answered. Corrections change the sheet. */
  show(subject: Subject): Promise<Answer> {
    const { sheet, name, unfinished } = subject;
    const elements = this.#elements;
    const { width, height } = sheet.original;
    this.#subject = subject;
    const contexts = this.#panes.reset(width, height);
    const image = (pixels: Pixels): ImageData => new ImageData(pixels.data as never, width, height);
    const cutOut = image(sheet.cutOut);
    contexts[0]!.putImageData(image(sheet.original), 0, 0);
    contexts[1]!.putImageData(cutOut, 0, 0);
    this.#corrections = new Corrections({ ...sheet, cutOut }, (box) => {
      if (box.width > 0 && box.height > 0) contexts[1]!.putImageData(cutOut, 0, 0, box.x, box.y, box.width, box.height);
    });
    elements.title.textContent = unfinished ? 'Remove the background' : 'Check the cut-out';
    elements.findings.replaceChildren(...subject.findings.map(finding));
    this.#tool = 'click-background';
    return this.#open('review', name);
  }

  /** Shows a photo that cannot be cut out, and why, until the user has answered. */
  refuse(name: string, photo: string, { title, advice }: { title: string; advice: string }): Promise<Answer> {
    const elements = this.#elements;
    this.#subject = this.#corrections = null;
    elements.title.textContent = 'This photo can’t be used';
    elements.refused.src = photo;
    elements.refused.alt = `Your photo: ${name}`;
    elements.reason.textContent = title;
    elements.advice.textContent = advice;
    return this.#open('refused', name);
  }

  /** Closes the dialog with an answer. */
  close(answer: Answer): void {
    this.#answer(answer);
    this.#elements.dialog.close();
  }

  #open(view: 'review' | 'refused', name: string): Promise<Answer> {
    const { dialog, editor, refusal, byHand, save, use, another } = this.#elements;
    this.#answer('cancel');
    const refused = view === 'refused';
    dialog.dataset.view = view;
    this.#elements.name.textContent = name;
    editor.hidden = save.hidden = use.hidden = refused;
    refusal.hidden = byHand.hidden = !refused;
    another.classList.toggle('is-primary', refused);
    this.#say('');
    this.#reflect();
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    (refused ? another : use.disabled ? this.#elements.cutOut : use).focus({ preventScroll: true });
    return new Promise((resolve) => {
      this.#answer = (answer) => {
        this.#answer = () => {};
        resolve(answer);
      };
    });
  }

  get #tool(): Tool {
    return this.#elements.tools.querySelector<HTMLInputElement>('input:checked')!.value as Tool;
  }

  set #tool(tool: Tool) {
    this.#elements.tools.querySelector<HTMLInputElement>(`input[value="${tool}"]`)!.checked = true;
  }

  get #kind(): 'brush' | 'click' {
    return this.#tool.startsWith('brush') ? 'brush' : 'click';
  }

  get #radius(): number {
    return this.#amounts.brush / 2 / this.#panes.density;
  }

  #press(at: Point): void {
    this.#pressed = at;
    const tool = this.#tool;
    if (tool === 'brush-background') this.#corrections?.begin('background', at, this.#radius);
    if (tool === 'brush-front') this.#corrections?.begin('front', at, this.#radius);
    if (tool === 'brush-lens') this.#corrections?.begin('lens', at, this.#radius);
  }

  #release(at: Point): void {
    const corrections = this.#corrections;
    if (!corrections || !this.#pressed) return;
    this.#pressed = null;
    const tool = this.#tool;
    if (this.#kind === 'brush') {
      this.#say(corrections.end() ? '' : 'Nothing to change here.');
    } else {
      const part = tool === 'click-lens' ? 'lens' : 'background';
      const result = corrections.click(part, at, this.#amounts.click);
      if (result === 'open') this.#say('This area is not enclosed. Click inside a lens, or use the brush.');
      else if (result === 'unchanged') this.#say('Nothing to change here.');
      else this.#say(part === 'lens' ? 'Lens made see-through.' : 'Area removed.');
    }
    this.#reflect();
  }

  #key(key: string): boolean {
    if (key !== '[' && key !== ']') return false;
    const { amount } = this.#elements;
    amount.valueAsNumber = this.#amounts[this.#kind] + (key === '[' ? -4 : 4);
    this.#amounts[this.#kind] = amount.valueAsNumber;
    this.#reflect();
    return true;
  }

  #undo(): void {
    if (this.#corrections?.undo()) this.#say('Undone.');
    this.#reflect();
  }

  async #save(): Promise<void> {
    const { save } = this.#elements;
    if (!this.#subject || save.dataset.busy) return;
    save.dataset.busy = 'true';
    this.#say(await this.#subject.save(this.corrected));
    delete save.dataset.busy;
  }

  /** Shows a message, or how to use the tool. */
  #say(message: string): void {
    this.#elements.status.textContent = message || (this.#corrections ? HINTS[this.#tool] : '');
  }

  /** Updates the controls. */
  #reflect(): void {
    const { amount, amountName, undo, use, tools } = this.#elements;
    const kind = this.#kind;
    const { name, min, max } = AMOUNTS[kind];
    amountName.textContent = name;
    [amount.min, amount.max] = [String(min), String(max)];
    amount.valueAsNumber = this.#amounts[kind];
    this.#panes.cursorSize = kind === 'brush' ? this.#amounts.brush : 0;
    undo.disabled = !this.#corrections?.canUndo;
    use.disabled = (this.#subject?.unfinished ?? true) && !this.corrected;
    const tool = this.#tool;
    if (tools.dataset.tool !== tool) {
      tools.dataset.tool = tool;
      this.#say('');
    }
  }
}

function finding({ text, attention }: Finding): HTMLLIElement {
  const entry = document.createElement('li');
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  icon.setAttribute('viewBox', '0 0 20 20');
  icon.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', attention ? 'M10 4.5v7M10 15v.2' : 'm4.5 10.5 3.5 3.5 7.5-8');
  icon.append(path);
  entry.append(icon, text);
  entry.dataset.attention = String(attention);
  return entry;
}
