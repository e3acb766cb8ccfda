import { StganError, wrap } from '../errors.js';
import type { Connection } from './connection.js';
import type { Message } from './transfer.js';

/** The canvases that were transferred, and to which worker. A canvas can be transferred once. */
const transferred = new WeakMap<object, { connection: Connection; id: number }>();
let count = 0;

/**
 * Converts the canvas of a track. It is transferred with the first track that draws on it.
 *
 * @throws {@link StganError} `argument` if the canvas has a context or belongs to another worker.
 */
export function canvasMessage(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  connection: Connection,
): Message<{ id: number; offscreen?: OffscreenCanvas }> {
  const known = transferred.get(canvas);
  if (known?.connection === connection) return { value: { id: known.id }, transfer: [] };
  if (known) throw new StganError('argument', 'the canvas belongs to another worker; pass a new canvas');
  const offscreen = toOffscreen(canvas);
  const id = ++count;
  transferred.set(canvas, { connection, id });
  return { value: { id, offscreen }, transfer: [offscreen] };
}

function toOffscreen(canvas: HTMLCanvasElement | OffscreenCanvas): OffscreenCanvas {
  if (!('transferControlToOffscreen' in canvas)) return canvas;
  try {
    return canvas.transferControlToOffscreen();
  } catch (error) {
    throw wrap(error, 'argument', 'the canvas cannot be transferred to a worker; pass one without a context');
  }
}
