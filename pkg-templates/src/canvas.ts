/** @internal */
export type Context2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

let canDraw: boolean | undefined;

/**
 * Whether the platform has a canvas with a 2D context. Deno has bitmaps and a canvas without one.
 *
 * @internal
 */
export function hasCanvas(): boolean {
  canDraw ??= Boolean(openContext(1, 1, {}));
  return canDraw;
}

/**
 * Creates a canvas that is not part of the page.
 *
 * @internal
 * @throws an error if the platform has no canvas.
 */
export function createContext(width: number, height: number, settings: CanvasRenderingContext2DSettings): Context2D {
  const context = openContext(width, height, settings);
  if (!context) throw new Error('this platform has no 2D canvas; pass the bytes of the image file, or its pixels');
  return context;
}

function openContext(width: number, height: number, settings: CanvasRenderingContext2DSettings): Context2D | null {
  if (typeof OffscreenCanvas === 'function') return new OffscreenCanvas(width, height).getContext('2d', settings);
  if (typeof document === 'undefined') return null;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  return canvas.getContext('2d', settings);
}

/**
 * The contexts of canvases that callers passed. In Firefox, the second `getContext` of a canvas
 * that was transferred to a worker throws.
 */
const contexts = new WeakMap<HTMLCanvasElement | OffscreenCanvas, Context2D>();

/**
 * The context of a canvas to draw video frames on; null if the canvas has one of another type.
 *
 * @internal
 * @throws an error of the browser if it refuses the context.
 */
export function outputContext(canvas: HTMLCanvasElement | OffscreenCanvas): Context2D | null {
  const known = contexts.get(canvas);
  if (known) return known;
  const context = canvas.getContext('2d', { alpha: false }) as Context2D | null;
  if (context) contexts.set(canvas, context);
  return context;
}
