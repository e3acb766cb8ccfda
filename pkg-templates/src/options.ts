import { throwIfAborted } from './abort.js';
import { StganError, type StganErrorCode, wrapping } from './errors.js';
import type { GlassesOptions, GlassesReport, PreparedGlasses } from './glasses.js';
import type { ImageSource } from './images.js';
import type { Point } from './locate.js';
import type { TrackOptions } from './track-types.js';
import type { Placement, Task } from './tryon-types.js';
import { typeName } from './type-name.js';

/**
 * The largest number of updates of a fit. The Rust library has the same limit.
 *
 * @internal
 */
export const MAX_UPDATES = 64;

/** The largest value of `TrackOptions.people`. The Rust library has the same limit. */
const MAX_PEOPLE = 16;

/**
 * Formats a value for an error message.
 *
 * @internal
 */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return isObject(value) ? `[object ${typeName(value)}]` : String(value);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/**
 * Reads the fields `keys` of an options object once each. Only here does code of the caller run
 * (getters, Proxies), and never while wasm is entered.
 *
 * @internal
 * @throws {@link StganError} `argument` if `options` is no object, or if a field cannot be read.
 */
export function readOptions<T extends object, K extends keyof T>(
  options: T | null | undefined,
  keys: readonly K[],
): Pick<T, K> {
  if (options !== undefined && options !== null && !isObject(options))
    throw new StganError('argument', `the options are ${describe(options)}; expected an object`);
  return wrapping('argument', 'the options cannot be read', () => {
    const entries = keys.map((key) => [key, options?.[key]] as const);
    return Object.fromEntries(entries) as Pick<T, K>;
  });
}

/**
 * Checks that an option is missing or an `AbortSignal`.
 *
 * @internal
 * @throws {@link StganError} `argument`.
 */
export function checkSignal(signal: unknown): void {
  if (signal === undefined || signal === null) return;
  const isSignal = wrapping(
    'argument',
    'signal cannot be read',
    () => typeName(signal) === 'AbortSignal' && typeof (signal as AbortSignal).aborted === 'boolean',
  );
  if (!isSignal) throw new StganError('argument', `signal is ${describe(signal)}; expected an AbortSignal`);
}

/**
 * Returns a function that calls the function of an option, or undefined if the option is not set.
 *
 * @internal
 * @throws {@link StganError} `argument` if the option is not a function. The returned function
 * throws `callback` if the option's function throws.
 */
export function readCallback<T>(
  name: string,
  callback: ((value: T) => void) | null | undefined,
): ((value: T) => void) | undefined {
  if (callback === undefined || callback === null) return undefined;
  if (typeof callback !== 'function')
    throw new StganError('argument', `${name} is ${describe(callback)}; expected a function`);
  return (value) => {
    wrapping('callback', `${name} threw`, () => callback(value));
  };
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
 * Checks that an option is a boolean.
 *
 * @internal
 * @throws {@link StganError} `argument`.
 */
export function checkBoolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean')
    throw new StganError('argument', `${name} is ${describe(value)}; expected true or false`);
}

/**
 * Checks that an option is missing or a canvas.
 *
 * @internal
 * @throws {@link StganError} `argument`.
 */
export function checkCanvas(canvas: unknown): void {
  if (canvas === undefined || canvas === null || ['HTMLCanvasElement', 'OffscreenCanvas'].includes(typeName(canvas)))
    return;
  throw new StganError('argument', `canvas is ${describe(canvas)}; expected a canvas element or an OffscreenCanvas`);
}

/**
 * Checks that an option is undefined or a number above 0.
 *
 * @internal
 * @throws {@link StganError} `argument`.
 */
export function checkPositive(name: string, value: unknown, unit: string): void {
  // NaN is not above 0.
  if (value === undefined || (typeof value === 'number' && value > 0)) return;
  throw new StganError('argument', `${name} is ${describe(value)}; expected a number of ${unit} above 0`);
}

/**
 * Reads each field of a placement once and checks its type. Wasm checks the ranges.
 *
 * @internal
 * @throws {@link StganError} `placement`.
 */
export function readPlacement(placement: Placement): Placement & { rotation: number } {
  const fields = wrapping('placement', 'the placement cannot be read', () => {
    const { x, y, width, rotation } = placement;
    return { x, y, width, rotation: rotation ?? 0 };
  });
  for (const [name, value] of Object.entries<unknown>(fields)) {
    if (typeof value !== 'number') {
      throw new StganError('placement', `placement.${name} is ${describe(value)}; expected a number`);
    }
  }
  return fields;
}

const TASKS: readonly Task[] = ['glasses', 'room'];

/**
 * Reads the option `task` of `TryOn.create`.
 *
 * @internal
 * @throws {@link StganError} `argument`.
 */
export function readTask(task: Task | undefined): Task {
  const read = task ?? 'glasses';
  if (TASKS.includes(read)) return read;
  throw new StganError('argument', `task is ${describe(task)}; expected 'glasses' or 'room'`);
}

/**
 * Checks that `what` is for the task of a `TryOn`.
 *
 * @internal
 * @throws {@link StganError} `task`.
 */
export function requireTask(own: Task, expected: Task, what: string): void {
  if (own === expected) return;
  throw new StganError('task', `${what}: for the task '${expected}', but this TryOn was created for '${own}'`);
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
  const { cutOut, widthMm, signal } = readOptions(options, ['cutOut', 'widthMm', 'signal']);
  checkSignal(signal);
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

const ENTRY_KEYS = ['error', 'image', 'width', 'height', 'report', 'lensCentres', 'widthMm'] as const;

/**
 * Whether a value is an entry of a manifest, which may have an error instead of an image.
 *
 * @internal
 */
export function isPrepared(source: ImageSource | PreparedGlasses): source is PreparedGlasses {
  if (typeName(source) !== 'Object') return false;
  return wrapping(
    'unsupported-image',
    'the glasses cannot be read',
    () => !('data' in source) && ('image' in source || 'error' in source),
  );
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
  const { error, image, width, height, report, lensCentres, widthMm } = readOptions(entry, ENTRY_KEYS);
  if (error !== undefined) {
    const { code, message } = readOptions(Object(error) as { code?: unknown; message?: unknown }, ['code', 'message']);
    throw new StganError(
      (typeof code === 'string' ? code : 'argument') as StganErrorCode,
      typeof message === 'string' ? message : 'the entry of the manifest has an error and no image',
    );
  }
  checkField('report', report, 'the report of a manifest entry', isReport);
  checkField('lensCentres', lensCentres, 'two points', isPair);
  checkWidth(widthMm);
  return { image, size: { width, height }, report, lensCentres, widthMm };
}

function checkField<T>(name: string, value: T, expected: string, isValid: (value: NonNullable<T>) => boolean): void {
  const check = (): boolean => value === undefined || (value !== null && isValid(value));
  if (wrapping('argument', `${name} of the prepared glasses cannot be read`, check)) return;
  throw new StganError('argument', `${name} of the prepared glasses is ${describe(value)}; expected ${expected}`);
}

/** Names of kinds and warnings that later versions add are valid. */
function isReport({ kind, lenses, confidence, warnings }: GlassesReport): boolean {
  return (
    typeof kind === 'string' && typeof lenses === 'string' && Number.isFinite(confidence) && Array.isArray(warnings)
  );
}

function isPair(points: readonly Point[]): boolean {
  return (
    Array.isArray(points) && points.length === 2 && points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))
  );
}

const TRACK_KEYS = ['canvas', 'people', 'updates', 'budget', 'signal', 'onFrame', 'onState'] as const;

/**
 * Reads and checks the options of `TryOn.track`. The functions in the result throw `callback`.
 *
 * @internal
 * @throws {@link StganError} `aborted` or `argument`.
 */
export function readTrackOptions(options: TrackOptions): TrackOptions {
  const read = readOptions(options, TRACK_KEYS);
  const { canvas, people, updates, budget, signal, onFrame, onState } = read;
  checkSignal(signal);
  throwIfAborted(signal, 'tracking');
  checkCanvas(canvas);
  checkInteger('people', people, 1, MAX_PEOPLE);
  checkInteger('updates', updates, 1, MAX_UPDATES);
  checkPositive('budget', budget, 'milliseconds');
  return { ...read, onFrame: readCallback('onFrame', onFrame), onState: readCallback('onState', onState) };
}
