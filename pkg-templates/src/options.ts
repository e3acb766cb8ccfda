import { StganError, type StganErrorCode } from './errors.js';
import type { GlassesOptions, GlassesReport, PreparedGlasses } from './glasses.js';
import type { ImageSource } from './images.js';
import type { Point } from './locate.js';
import type { TrackOptions } from './track.js';
import type { Placement } from './tryon.js';
import { typeName } from './type-name.js';

/**
 * The largest number of updates of a fit. The Rust library has the same limit.
 *
 * @internal
 */
export const MAX_UPDATES = 64;

/** The largest value of `TrackOptions.people`. The Rust library has the same limit. */
const MAX_PEOPLE = 16;

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

const CUT_OUT = ['auto', 'never', 'always'] as const;

/** The range of the real width of glasses, in millimetres. */
const WIDTH_MM = [50, 250] as const;

/**
 * Reads and checks the options of `TryOn.glasses`.
 *
 * @internal
 * @throws {@link StganError} `argument`.
 */
export function readGlassesOptions(options: GlassesOptions): {
  cutOut: (typeof CUT_OUT)[number];
  widthMm: number | undefined;
  signal: AbortSignal | undefined;
} {
  const { cutOut, widthMm, signal } = options ?? {};
  if (cutOut !== undefined && !CUT_OUT.includes(cutOut))
    throw new StganError('argument', `cutOut is ${describe(cutOut)}; expected 'auto', 'never' or 'always'`);
  checkWidth(widthMm);
  return { cutOut: cutOut ?? 'auto', widthMm, signal };
}

function checkWidth(value: unknown): void {
  const [min, max] = WIDTH_MM;
  // NaN is in no range.
  if (value === undefined || (typeof value === 'number' && value >= min && value <= max)) return;
  throw new StganError(
    'argument',
    `widthMm is ${describe(value)}; expected a number of millimetres from ${min} to ${max}`,
  );
}

/**
 * Whether a value is an entry of a manifest, which may have an error instead of an image.
 *
 * @internal
 */
export function isPrepared(source: ImageSource | PreparedGlasses): source is PreparedGlasses {
  return typeName(source) === 'Object' && !('data' in source) && ('image' in source || 'error' in source);
}

/**
 * Reads and checks an entry of a manifest.
 *
 * @internal
 * @throws {@link StganError} `argument`; the error of the entry, if it has one.
 */
export function readPreparedGlasses(entry: PreparedGlasses & { error?: unknown }): {
  image: ImageSource | string | URL;
  size: { width: number | undefined; height: number | undefined };
  report: GlassesReport | undefined;
  lensCentres: readonly [Point, Point] | undefined;
  widthMm: number | undefined;
} {
  const { error, image, width, height, report, lensCentres, widthMm } = entry;
  if (error !== undefined) {
    const { code, message } = Object(error) as { code?: unknown; message?: unknown };
    throw new StganError(
      (typeof code === 'string' ? code : 'argument') as StganErrorCode,
      String(message ?? 'the entry of the manifest has an error and no image'),
    );
  }
  checkField('report', report, 'the report of a manifest entry', isReport);
  checkField('lensCentres', lensCentres, 'two points', isPair);
  checkWidth(widthMm);
  return { image, size: { width, height }, report, lensCentres, widthMm };
}

function checkField<T>(name: string, value: T, expected: string, isValid: (value: NonNullable<T>) => boolean): void {
  if (value === undefined || (value !== null && isValid(value))) return;
  throw new StganError('argument', `${name} of the prepared glasses is ${describe(value)}; expected ${expected}`);
}

/** Names of kinds and warnings that later versions add are valid. */
function isReport({ kind, lenses, confidence, warnings }: GlassesReport): boolean {
  return (
    typeof kind === 'string' && typeof lenses === 'string' && Number.isFinite(confidence) && Array.isArray(warnings)
  );
}

function isPair(points: readonly Point[]): boolean {
  return Array.isArray(points) && points.length === 2 && points.every(({ x, y }) => Number.isFinite(x + y));
}

/**
 * Checks the options of `TryOn.track`.
 *
 * @internal
 * @throws {@link StganError} `aborted` or `argument`.
 */
export function checkTrackOptions({ people, updates, budget, signal }: TrackOptions): void {
  if (signal?.aborted)
    throw new StganError('aborted', 'the signal was aborted before tracking began', { cause: signal.reason });
  checkInteger('people', people, 1, MAX_PEOPLE);
  checkInteger('updates', updates, 1, MAX_UPDATES);
  if (budget !== undefined && !(budget > 0))
    throw new StganError('argument', `budget is ${budget}; expected a number of milliseconds above 0`);
}
