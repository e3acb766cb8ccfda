import { StganError } from './errors.js';
import type { Placement } from './tryon.js';

/**
 * The most updates of a fit, as the Rust side has it.
 *
 * @internal
 */
export const MAX_UPDATES = 64;

/** What was given, for a message. */
function given(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  const object = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return object ? Object.prototype.toString.call(value) : String(value);
}

/**
 * Checks that an option, where it is given, is a whole number of a range.
 *
 * @internal
 */
export function checkWhole(name: string, value: unknown, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && Number(value) >= least && Number(value) <= most)) return;
  throw new StganError('argument', `${name} is ${given(value)}: a whole number from ${least} to ${most} is expected`);
}

/**
 * The numbers of a placement, each read once. Wasm checks their ranges.
 *
 * @internal
 */
export function readPlacement(placement: Placement): Placement & { rotation: number } {
  const { x, y, width, rotation } = placement;
  const numbers = { x, y, width, rotation: rotation ?? 0 };
  for (const [name, value] of Object.entries<unknown>(numbers)) {
    if (typeof value !== 'number') {
      throw new StganError('placement', `the placement's ${name} is ${given(value)}: a number is expected`);
    }
  }
  return numbers;
}
