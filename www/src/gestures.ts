/** Direct manipulation: pointers, wheel and keys become placements. */
import { type Placement, type Point, pinch, wrapDegrees } from './geometry.ts';

/** What gestures act on. */
export interface Target {
  /** Where the frame is now; null where there is none to move. */
  placement(): Placement | null;
  /** A place in the window as a point of the photo. */
  toPhoto(clientX: number, clientY: number): Point;
  /** Whether a place in the window is on the frame. */
  onFrame(clientX: number, clientY: number): boolean;
  move(placement: Placement): void;
  /** The fingers are off, the wheel rests. */
  rest(): void;
}

/** Screen pixels that a pointer may tremble without moving anything. */
const TREMBLE = 4;
const WHEEL_REST = 180;

/** The placement after a key, or null where the key means nothing here. `side`: the photo's shorter side. */
export function keyMove(placement: Placement, key: string, shift: boolean, side: number): Placement | null {
  const shove = side * (shift ? 0.04 : 0.006);
  const turn = (degrees: number): Placement => ({
    ...placement,
    rotation: wrapDegrees(placement.rotation + degrees * (shift ? 5 : 1)),
  });
  const size = (factor: number): Placement => ({ ...placement, width: placement.width * factor });
  switch (key) {
    case 'ArrowLeft':
      return { ...placement, x: placement.x - shove };
    case 'ArrowRight':
      return { ...placement, x: placement.x + shove };
    case 'ArrowUp':
      return { ...placement, y: placement.y - shove };
    case 'ArrowDown':
      return { ...placement, y: placement.y + shove };
    case '+':
    case '=':
      return size(1.02);
    case '-':
    case '_':
      return size(1 / 1.02);
    // The second of each pair: layouts on which brackets need a third key.
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

/** The factor that a turn of the wheel scales by; `mode` is the event's deltaMode (pixels, lines, pages). */
export function wheelFactor(delta: number, mode: number): number {
  const pixels = delta * (mode === 1 ? 16 : mode === 2 ? 240 : 1);
  return Math.exp(-Math.min(Math.max(pixels, -120), 120) * 0.0012);
}

export function listen(stage: HTMLElement, handle: HTMLElement, target: Target): void {
  /** Pointers that are down: where each was last, as client coordinates. */
  const pointers = new Map<number, { last: [number, number]; onHandle: boolean }>();
  let moving = false;
  let wheelTimer = 0;

  const photoPoint = ([x, y]: readonly [number, number]): Point => target.toPhoto(x, y);

  stage.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !target.placement()) return;
    const onHandle = event.target instanceof Node && handle.contains(event.target);
    pointers.set(event.pointerId, { last: [event.clientX, event.clientY], onHandle });
    stage.setPointerCapture(event.pointerId);
    stage.classList.add('is-held');
    stage.focus({ preventScroll: true });
    event.preventDefault();
  });

  stage.addEventListener('pointermove', (event) => {
    const pointer = pointers.get(event.pointerId);
    const placement = target.placement();
    if (!pointer || !placement) return;
    const to: [number, number] = [event.clientX, event.clientY];
    const travelled = Math.hypot(to[0] - pointer.last[0], to[1] - pointer.last[1]);
    if (!moving && pointers.size === 1 && travelled < TREMBLE) return;
    moving = true;
    const [was, is] = [photoPoint(pointer.last), photoPoint(to)];
    pointer.last = to;
    if (pointer.onHandle) {
      const middle: Point = [placement.x, placement.y];
      target.move(pinch(placement, [middle, was], [middle, is]));
      return;
    }
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other && !other.onHandle) {
      const still = photoPoint(other.last);
      target.move(pinch(placement, [still, was], [still, is]));
    } else {
      target.move({ ...placement, x: placement.x + is[0] - was[0], y: placement.y + is[1] - was[1] });
    }
  });

  const release = (event: PointerEvent): void => {
    if (!pointers.delete(event.pointerId) || pointers.size > 0) return;
    stage.classList.remove('is-held');
    if (moving) target.rest();
    moving = false;
  };
  stage.addEventListener('pointerup', release);
  stage.addEventListener('pointercancel', release);
  stage.addEventListener('lostpointercapture', release);

  stage.addEventListener(
    'wheel',
    (event) => {
      const placement = target.placement();
      // Elsewhere on the photo the wheel still scrolls the page. A trackpad's pinch arrives with the control key down.
      if (!placement || !(event.ctrlKey || target.onFrame(event.clientX, event.clientY))) return;
      event.preventDefault();
      const factor = wheelFactor(event.ctrlKey ? event.deltaY * 6 : event.deltaY || event.deltaX, event.deltaMode);
      target.move(
        event.shiftKey
          ? { ...placement, rotation: placement.rotation + Math.log(factor) * -60 }
          : { ...placement, width: placement.width * factor },
      );
      clearTimeout(wheelTimer);
      wheelTimer = window.setTimeout(() => target.rest(), WHEEL_REST);
    },
    { passive: false },
  );
}
