/** Turns pointer, wheel and keyboard input into placements. */
import { type Placement, type Point, pinch, wrapDegrees } from '../geometry.ts';

/** The foreground that gestures move. */
export interface Target {
  /** Current placement; null if there are no foreground to move. */
  placement(): Placement | null;
  /** Converts window coordinates to photo coordinates. */
  toPhoto(clientX: number, clientY: number): Point;
  /** Whether window coordinates are on the foreground. */
  onForeground(clientX: number, clientY: number): boolean;
  move(placement: Placement): void;
  /** Called when a gesture ends. */
  end(): void;
}

/** Movement of a pointer, in screen pixels, that starts a drag. */
const DRAG_THRESHOLD = 4;
/** Pause of the wheel, in milliseconds, that ends a gesture. */
const WHEEL_PAUSE = 180;

/**
 * The placement after a key press, or null if the key has no function. `side` is the shorter side
 * of the photo.
 */
export function keyMove(placement: Placement, key: string, shift: boolean, side: number): Placement | null {
  const distance = side * (shift ? 0.04 : 0.006);
  const turn = (degrees: number): Placement => ({
    ...placement,
    rotation: wrapDegrees(placement.rotation + degrees * (shift ? 5 : 1)),
  });
  const size = (factor: number): Placement => ({ ...placement, width: placement.width * factor });
  switch (key) {
    case 'ArrowLeft':
      return { ...placement, x: placement.x - distance };
    case 'ArrowRight':
      return { ...placement, x: placement.x + distance };
    case 'ArrowUp':
      return { ...placement, y: placement.y - distance };
    case 'ArrowDown':
      return { ...placement, y: placement.y + distance };
    case '+':
    case '=':
      return size(1.02);
    case '-':
    case '_':
      return size(1 / 1.02);
    // The comma and the period are for keyboard layouts on which brackets need a third key.
    case '[':
    case '{':
    case ',':
    case '<':
      return turn(-1);
    case ']':
    case '}':
    case '.':
    case '>':
      return turn(1);
    default:
      return null;
  }
}

/** Scale factor of a wheel event; `mode` is its `deltaMode` (pixels, lines or pages). */
export function wheelFactor(delta: number, mode: number): number {
  const pixels = delta * (mode === 1 ? 16 : mode === 2 ? 240 : 1);
  return Math.exp(-Math.min(Math.max(pixels, -120), 120) * 0.0012);
}

export function listen(viewer: HTMLElement, handle: HTMLElement, target: Target): void {
  /** Pressed pointers with their last position in client coordinates. */
  const pointers = new Map<number, { last: [number, number]; onHandle: boolean; scrolls: boolean }>();
  let moving = false;
  let wheelTimer = 0;

  const photoPoint = ([x, y]: readonly [number, number]): Point => target.toPhoto(x, y);

  const isOnHandle = (event: Event): boolean => event.target instanceof Node && handle.contains(event.target);

  // One finger beside the foreground scrolls the page; one on them, or two anywhere, move it.
  viewer.addEventListener(
    'touchstart',
    (event) => {
      if (!target.placement() || (event.target instanceof Element && event.target.closest('button'))) return;
      const [first, second] = event.touches;
      if (second || isOnHandle(event) || (first && target.onForeground(first.clientX, first.clientY)))
        event.preventDefault();
    },
    { passive: false },
  );

  viewer.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !target.placement()) return;
    const onHandle = isOnHandle(event);
    const scrolls = event.pointerType === 'touch' && !onHandle && !target.onForeground(event.clientX, event.clientY);
    pointers.set(event.pointerId, { last: [event.clientX, event.clientY], onHandle, scrolls });
    viewer.setPointerCapture(event.pointerId);
    viewer.classList.add('is-held');
    viewer.focus({ preventScroll: true });
    event.preventDefault();
  });

  viewer.addEventListener('pointermove', (event) => {
    const pointer = pointers.get(event.pointerId);
    const placement = target.placement();
    if (!pointer || !placement) return;
    const to: [number, number] = [event.clientX, event.clientY];
    if (pointer.scrolls && pointers.size === 1) {
      pointer.last = to;
      return;
    }
    const travelled = Math.hypot(to[0] - pointer.last[0], to[1] - pointer.last[1]);
    if (!moving && pointers.size === 1 && travelled < DRAG_THRESHOLD) return;
    moving = true;
    const [before, after] = [photoPoint(pointer.last), photoPoint(to)];
    pointer.last = to;
    if (pointer.onHandle) {
      const middle: Point = [placement.x, placement.y];
      target.move(pinch(placement, [middle, before], [middle, after]));
      return;
    }
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other && !other.onHandle) {
      const fixed = photoPoint(other.last);
      target.move(pinch(placement, [fixed, before], [fixed, after]));
    } else {
      target.move({ ...placement, x: placement.x + after[0] - before[0], y: placement.y + after[1] - before[1] });
    }
  });

  const release = (event: PointerEvent): void => {
    if (!pointers.delete(event.pointerId) || pointers.size > 0) return;
    viewer.classList.remove('is-held');
    if (moving) target.end();
    moving = false;
  };
  viewer.addEventListener('pointerup', release);
  viewer.addEventListener('pointercancel', release);
  viewer.addEventListener('lostpointercapture', release);

  viewer.addEventListener(
    'wheel',
    (event) => {
      const placement = target.placement();
      // Elsewhere on the photo the wheel scrolls the page. A pinch on a trackpad sets `ctrlKey`.
      if (!placement || !(event.ctrlKey || target.onForeground(event.clientX, event.clientY))) return;
      event.preventDefault();
      const factor = wheelFactor(event.ctrlKey ? event.deltaY * 6 : event.deltaY || event.deltaX, event.deltaMode);
      target.move(
        event.shiftKey
          ? { ...placement, rotation: placement.rotation + Math.log(factor) * -60 }
          : { ...placement, width: placement.width * factor },
      );
      clearTimeout(wheelTimer);
      wheelTimer = window.setTimeout(() => target.end(), WHEEL_PAUSE);
    },
    { passive: false },
  );
}
