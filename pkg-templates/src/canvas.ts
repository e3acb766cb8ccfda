/** @internal */
export type Context2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/**
 * Whether the platform can draw. Deno and Cloudflare Workers have images and no canvas.
 *
 * @internal
 */
export const hasCanvas = (): boolean => typeof OffscreenCanvas === 'function' || typeof document !== 'undefined';

/**
 * Creates a canvas that is not part of the page.
 *
 * @internal
 * @throws an error of the platform if it has no canvas.
 */
export function createContext(width: number, height: number, settings: CanvasRenderingContext2DSettings): Context2D {
  if (!hasCanvas()) throw new Error('this platform has no canvas; pass the bytes of the image file, or its pixels');
  let canvas: HTMLCanvasElement | OffscreenCanvas;
  if (typeof OffscreenCanvas === 'function') canvas = new OffscreenCanvas(width, height);
  else {
    canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [width, height];
  }
  const context = canvas.getContext('2d', settings) as Context2D | null;
  if (!context) throw new Error('the browser provides no 2D canvas context');
  return context;
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
