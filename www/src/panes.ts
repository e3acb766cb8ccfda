/**
 * Panes that show images of one size at the same zoom, with a shared cursor. Pointers and keys on
 * any of them move the cursor.
 */

import { wheelFactor } from './editor/gestures.ts';
import type { Point } from './geometry.ts';

const MAX_ZOOM = 8;
/** Steps of the arrow keys in screen pixels, without and with Shift. */
const [STEP, LARGE_STEP] = [6, 40];

export interface PaneEvents {
  /** A pointer or key is pressed, moved and released at a point of the image. */
  press(at: Point): void;
  drag(at: Point): void;
  release(at: Point): void;
  /** The press was the start of a pinch. */
  cancel(): void;
  /** A key without a function here is pressed. Returns whether it has one there. */
  key(key: string): boolean;
}

interface Pane {
  readonly view: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly cursor: HTMLElement;
}

export class Panes {
  readonly #panes: readonly Pane[];
  #size = { width: 1, height: 1 };
  /** Zoom, and the top-left corner of the visible part as shares of the image. */
  #zoom = 1;
  #corner: Point = [0, 0];
  #cursor: Point | null = null;
  #diameter = 0;

  /** `views` are elements with a canvas and a cursor. */
  constructor(views: readonly HTMLElement[], events: PaneEvents) {
    this.#panes = views.map((view) => ({
      view,
      canvas: view.querySelector('canvas')!,
      cursor: view.querySelector<HTMLElement>('.pane-cursor')!,
    }));
    for (const { view } of this.#panes) {
      this.#listenToPointers(view, events);
      view.addEventListener('keydown', (event) => this.#keyDown(event, events));
      view.addEventListener('focus', () => {
        if (!view.matches(':focus-visible')) return;
        this.#cursor ??= [this.#size.width / 2, this.#size.height / 2];
        this.#place();
      });
      view.addEventListener('blur', () => this.#moveCursor(null));
      new ResizeObserver(() => this.#place()).observe(view);
    }
  }

  /** Prepares for images of another size. The drawing contexts are in the order of the panes. */
  reset(width: number, height: number): CanvasRenderingContext2D[] {
    this.#size = { width, height };
    [this.#zoom, this.#corner, this.#cursor] = [1, [0, 0], null];
    const contexts = this.#panes.map(({ view, canvas }) => {
      view.style.setProperty('--ratio', String(width / height));
      [canvas.width, canvas.height] = [width, height];
      // Pixels are written with each movement of a brush.
      return canvas.getContext('2d', { willReadFrequently: true })!;
    });
    this.#place();
    return contexts;
  }

  /** Diameter of the cursor in screen pixels; 0 is a point. */
  set cursorSize(diameter: number) {
    this.#diameter = diameter;
    this.#place();
  }

  /** Screen pixels per image pixel. */
  get density(): number {
    return ((this.#panes[0]!.view.clientWidth || 1) * this.#zoom) / this.#size.width;
  }

  #toImage(view: HTMLElement, clientX: number, clientY: number): Point {
    const { left, top } = view.getBoundingClientRect();
    return [
      this.#corner[0] * this.#size.width + (clientX - left) / this.density,
      this.#corner[1] * this.#size.height + (clientY - top) / this.density,
    ];
  }

  /** Zooms so that the image point moves to this point of a pane. */
  #zoomTo(view: HTMLElement, zoom: number, image: Point, clientX: number, clientY: number): void {
    const { left, top } = view.getBoundingClientRect();
    this.#zoom = Math.min(Math.max(zoom, 1), MAX_ZOOM);
    const { width, height } = this.#size;
    this.#corner = [
      (image[0] - (clientX - left) / this.density) / width,
      (image[1] - (clientY - top) / this.density) / height,
    ];
    this.#place();
  }

  #moveCursor(cursor: Point | null): void {
    this.#cursor = cursor;
    this.#place();
  }

  #place(): void {
    const clamp = (value: number): number => Math.min(Math.max(value, 0), 1 - 1 / this.#zoom);
    this.#corner = [clamp(this.#corner[0]), clamp(this.#corner[1])];
    const [x, y] = this.#corner;
    for (const { view, canvas, cursor } of this.#panes) {
      const { clientWidth, clientHeight } = view;
      canvas.style.transform = `scale(${this.#zoom}) translate(${-x * clientWidth}px, ${-y * clientHeight}px)`;
      cursor.hidden = this.#cursor === null;
      if (!this.#cursor) continue;
      const across = (this.#cursor[0] / this.#size.width - x) * this.#zoom * clientWidth;
      const down = (this.#cursor[1] / this.#size.height - y) * this.#zoom * clientHeight;
      cursor.style.translate = `${across}px ${down}px`;
      cursor.style.setProperty('--diameter', `${this.#diameter}px`);
      cursor.dataset.point = String(this.#diameter === 0);
    }
  }

  #listenToPointers(view: HTMLElement, events: PaneEvents): void {
    const pointers = new Map<number, Point>();
    let pinching = false;
    const middle = (): Point => {
      const all = [...pointers.values()];
      return [all.reduce((sum, p) => sum + p[0], 0) / all.length, all.reduce((sum, p) => sum + p[1], 0) / all.length];
    };
    const spread = (): number => {
      const [a, b] = [...pointers.values()];
      return a && b ? Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1])) : 1;
    };

    view.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      view.setPointerCapture(event.pointerId);
      view.focus({ preventScroll: true });
      pointers.set(event.pointerId, [event.clientX, event.clientY]);
      if (pointers.size === 1) {
        const at = this.#toImage(view, event.clientX, event.clientY);
        this.#moveCursor(at);
        events.press(at);
      } else if (!pinching) {
        pinching = true;
        this.#moveCursor(null);
        events.cancel();
      }
    });
    view.addEventListener('pointermove', (event) => {
      const pressed = pointers.has(event.pointerId);
      if (pinching) {
        if (!pressed) return;
        const [image, before] = [this.#toImage(view, ...middle()), spread()];
        pointers.set(event.pointerId, [event.clientX, event.clientY]);
        this.#zoomTo(view, (this.#zoom * spread()) / before, image, ...middle());
        return;
      }
      for (const each of pressed ? event.getCoalescedEvents() : []) {
        events.drag(this.#toImage(view, each.clientX, each.clientY));
      }
      const at = this.#toImage(view, event.clientX, event.clientY);
      if (pressed) events.drag(at);
      this.#moveCursor(at);
    });
    const release = (event: PointerEvent): void => {
      if (!pointers.delete(event.pointerId)) return;
      if (!pinching) {
        if (event.type === 'pointerup') events.release(this.#toImage(view, event.clientX, event.clientY));
        else events.cancel();
      }
      if (pointers.size === 0) pinching = false;
      if (event.pointerType === 'touch') this.#moveCursor(null);
    };
    view.addEventListener('pointerup', release);
    view.addEventListener('pointercancel', release);
    view.addEventListener('lostpointercapture', release);
    view.addEventListener('pointerleave', () => {
      if (pointers.size === 0) this.#moveCursor(null);
    });
    view.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        const factor = wheelFactor(event.ctrlKey ? event.deltaY * 6 : event.deltaY * 2, event.deltaMode);
        const image = this.#toImage(view, event.clientX, event.clientY);
        this.#zoomTo(view, this.#zoom * factor, image, event.clientX, event.clientY);
      },
      { passive: false },
    );
  }

  #keyDown(event: KeyboardEvent, events: PaneEvents): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { width, height } = this.#size;
    const at: Point = this.#cursor ?? [width / 2, height / 2];
    const step = (event.shiftKey ? LARGE_STEP : STEP) / this.density;
    const move = (dx: number, dy: number): void => {
      const to: Point = [
        Math.min(Math.max(at[0] + dx * step, 0.5), width - 0.5),
        Math.min(Math.max(at[1] + dy * step, 0.5), height - 0.5),
      ];
      this.#show(to);
      this.#moveCursor(to);
    };
    switch (event.key) {
      case 'ArrowLeft':
        move(-1, 0);
        break;
      case 'ArrowRight':
        move(1, 0);
        break;
      case 'ArrowUp':
        move(0, -1);
        break;
      case 'ArrowDown':
        move(0, 1);
        break;
      case 'Enter':
      case ' ':
        this.#moveCursor(at);
        events.press(at);
        events.release(at);
        break;
      case '+':
      case '=':
      case '-': {
        this.#zoom = Math.min(Math.max(this.#zoom * (event.key === '-' ? 0.8 : 1.25), 1), MAX_ZOOM);
        this.#corner = [at[0] / width - 0.5 / this.#zoom, at[1] / height - 0.5 / this.#zoom];
        this.#moveCursor(at);
        break;
      }
      default:
        if (!events.key(event.key)) return;
    }
    event.preventDefault();
  }

  /** Scrolls the zoomed images until a point is visible. */
  #show(point: Point): void {
    const share = [point[0] / this.#size.width, point[1] / this.#size.height] as const;
    const within = (corner: number, value: number): number => Math.min(Math.max(corner, value - 1 / this.#zoom), value);
    this.#corner = [within(this.#corner[0], share[0]), within(this.#corner[1], share[1])];
  }
}
