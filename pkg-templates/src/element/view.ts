import type { TryOnElementState } from './events.js';
import { styleSheet } from './style.js';
import type { TryOnTexts } from './texts.js';

/** What the user does. */
export interface ViewActions {
  /** Opens a photo. */
  choose(file: File): void;
  /** Opens or closes the camera. */
  toggleCamera(): void;
  /** Selects the glasses with this index. */
  select(index: number): void;
}

const BUSY: readonly TryOnElementState[] = ['loading', 'fitting', 'starting'];
const LIVE: readonly TryOnElementState[] = ['starting', 'searching', 'found', 'paused'];

/** The largest width and height of a thumbnail, in pixels. */
const THUMBNAIL = { width: 160, height: 72 };

type Attributes = Partial<Record<'part' | 'role' | 'aria-label' | 'aria-hidden', string>>;

function create<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: (Omit<Partial<HTMLElementTagNameMap[K]>, 'part' | 'role'> & Attributes) | null = null,
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    // Some browsers do not reflect these properties.
    if (key === 'part' || key === 'role' || key.startsWith('aria-')) element.setAttribute(key, String(value));
    else Object.assign(element, { [key]: value });
  }
  element.append(...children);
  return element;
}

/** The shadow tree of an element. */
export class View {
  #texts: TryOnTexts;
  readonly #actions: ViewActions;
  readonly #placeholder = create('slot');
  readonly #busy = create('div', { className: 'busy', part: 'busy', hidden: true });
  readonly #frame = create('div', { className: 'frame', part: 'frame' }, this.#placeholder, this.#busy);
  readonly #status = create('div', { className: 'status', part: 'status', role: 'status' });
  readonly #error = create('div', { className: 'error', part: 'error', role: 'alert' });
  readonly #glasses = create('fieldset', { className: 'glasses', part: 'glasses', hidden: true });
  readonly #file = create('input', { type: 'file', accept: 'image/*', hidden: true });
  readonly #chooseLabel = create('slot', { name: 'choose' });
  readonly #startLabel = create('slot', { name: 'start' });
  readonly #stopLabel = create('slot', { name: 'stop' });
  readonly #choose = create('button', { type: 'button', part: 'button choose' }, this.#chooseLabel);
  readonly #camera = create('button', { type: 'button', part: 'button camera' }, this.#startLabel, this.#stopLabel);
  readonly #legend = create('legend', { className: 'hidden-text' });
  #canvas: HTMLCanvasElement | null = null;
  /** The text that describes the canvas. */
  #description: 'photo' | 'camera' = 'photo';
  /** The labels of the glasses. */
  #labels: readonly (string | undefined)[] = [];

  constructor(root: ShadowRoot, texts: TryOnTexts, actions: ViewActions) {
    this.#texts = texts;
    this.#actions = actions;
    root.adoptedStyleSheets = [styleSheet()];
    this.#choose.addEventListener('click', () => this.#file.click());
    this.#camera.addEventListener('click', () => actions.toggleCamera());
    this.#file.addEventListener('change', () => {
      const [file] = this.#file.files ?? [];
      // The same file can be chosen again.
      this.#file.value = '';
      if (file) actions.choose(file);
    });
    const message = create('div', { className: 'message', part: 'message' }, this.#status, this.#error);
    const extra = create('slot', { name: 'controls' });
    const controls = create(
      'div',
      { className: 'controls', part: 'controls' },
      this.#choose,
      this.#camera,
      this.#file,
      extra,
    );
    root.replaceChildren(this.#frame, message, this.#glasses, controls);
    this.setTexts(texts);
  }

  /** Replaces the texts. Those of the state and of an error are replaced by `update` and `fail`. */
  setTexts(texts: TryOnTexts): void {
    this.#texts = texts;
    this.#chooseLabel.textContent = texts.choose;
    this.#startLabel.textContent = texts.start;
    this.#stopLabel.textContent = texts.stop;
    this.#legend.textContent = texts.glasses;
    this.#canvas?.setAttribute('aria-label', texts[this.#description]);
    for (const [index, option] of [...this.#glasses.querySelectorAll('label')].entries()) {
      const label =
        this.#labels[index] ??
        texts.option.replace('{index}', `${index + 1}`).replace('{count}', `${this.#labels.length}`);
      option.title = label;
      option.querySelector('input')?.setAttribute('aria-label', label);
    }
  }

  /** Shows a canvas instead of the placeholder; null shows the placeholder. */
  show(canvas: HTMLCanvasElement | null, description: 'photo' | 'camera' = 'photo'): void {
    this.#description = description;
    this.#placeholder.hidden = canvas !== null;
    this.#frame.classList.toggle('has-image', canvas !== null);
    if (canvas) {
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', this.#texts[description]);
      canvas.setAttribute('part', 'canvas');
    }
    if (canvas === this.#canvas) return;
    this.#canvas?.remove();
    if (canvas) this.#frame.prepend(canvas);
    this.#canvas = canvas;
  }

  /** Shows the mode, the state and its text. */
  update(mode: 'photo' | 'live', state: TryOnElementState, text: string, mirror: boolean): void {
    const isBusy = BUSY.includes(state);
    this.#busy.hidden = !isBusy;
    this.#frame.setAttribute('aria-busy', String(isBusy));
    this.#frame.classList.toggle('mirror', mirror);
    this.#choose.hidden = mode !== 'photo';
    this.#camera.hidden = mode !== 'live';
    const isLive = LIVE.includes(state);
    this.#startLabel.hidden = isLive;
    this.#stopLabel.hidden = !isLive;
    // An unchanged text is not announced again.
    if (this.#status.textContent !== text) this.#status.textContent = text;
    if (state !== 'error') this.#error.textContent = '';
  }

  /** Shows and announces an error. */
  fail(text: string): void {
    this.#status.textContent = '';
    this.#error.textContent = text;
  }

  /** Shows the list of glasses; one pair needs no list. */
  setGlasses(labels: readonly (string | undefined)[], selected: number): void {
    this.#labels = labels;
    this.#glasses.hidden = labels.length < 2;
    const options = labels.map((_, index) => {
      const input = create('input', { type: 'radio', name: 'glasses' });
      input.addEventListener('change', () => this.#actions.select(index));
      const thumbnail = create('canvas', { width: 1, height: 1, 'aria-hidden': 'true' });
      return create('label', { className: 'option' }, input, thumbnail);
    });
    this.#glasses.replaceChildren(this.#legend, ...options);
    this.setTexts(this.#texts);
    this.select(selected);
  }

  /** Marks the selected glasses. */
  select(selected: number): void {
    for (const [index, option] of [...this.#glasses.querySelectorAll('label')].entries()) {
      option.classList.toggle('selected', index === selected);
      option.setAttribute('part', index === selected ? 'option selected' : 'option');
      const input = option.querySelector('input');
      if (input) input.checked = index === selected;
    }
  }

  /** Draws the thumbnail of glasses. */
  drawThumbnail(index: number, image: ImageBitmap): void {
    const canvas = this.#glasses.querySelectorAll('canvas')[index];
    const scale = Math.min(THUMBNAIL.width / image.width, THUMBNAIL.height / image.height);
    if (!canvas) return;
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    const context = canvas.getContext('2d');
    if (!context) return;
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
  }
}
