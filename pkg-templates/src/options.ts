import { StganError } from './errors.js';
import type { Placement } from './tryon.js';

/**
 * The largest number of updates of a fit. The Rust library has the same limit.
 *
 * @internal
 */
export const MAX_UPDATES = 64;

/** Formats a value for an error message. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject ? Object.prototype.toString.call(value) : String(value);
}

/**
 * Checks that an option is undefined or an integer from `min` to `max`.
 *
 * @internal
 * @throws {@link StganError} `argument`.
 */
export function checkInteger(name: string, value: unknown, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && Number(value) >= min && Number(value) <= max)) return;
  throw new StganError('argument', `${name} is ${describe(value)}; expected an integer from ${min} to ${max}`);
}

/**
 * Reads each field of a placement once and checks its type. Wasm checks the ranges.
 *
 * @internal
 * @throws {@link StganError} `placement`.
 */
export function readPlacement(placement: Placement): Placement & { rotation: number } {
  const { x, y, width, rotation } = placement;
  const fields = { x, y, width, rotation: rotation ?? 0 };
  for (const [name, value] of Object.entries<unknown>(fields)) {
    if (typeof value !== 'number') {
      throw new StganError('placement', `placement.${name} is ${describe(value)}; expected a number`);
    }
  }
  return fields;
}
