import { throwIfAborted } from './abort.js';
import { StganError, type StganErrorCode, wrapping } from './errors.js';
import type { GlassesOptions, GlassesReport, PreparedGlasses } from './glasses.js';
import type { ImageSource } from './images.js';
import type { Point } from './locate.js';
import type { TrackOptions } from './track-types.js';
import type { FitOptions, Placement, Task } from './tryon-types.js';
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

/** The range of the real width of glasses, in millimetres. The Rust library has the same range. */
const WIDTH_MM = [90, 200] as const;

/** The range of the distance between pupils, in millimetres, as in the Rust library. */
const PUPIL_DISTANCE_MM = [45, 80] as const;

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
  checkMillimetres('widthMm', widthMm, WIDTH_MM);
  return { cutOut: cutOut ?? 'auto', widthMm, signal };
}

function checkMillimetres(name: string, value: unknown, [min, max]: readonly [number, number]): void {
  // NaN is in no range.
  if (value === undefined || (typeof value === 'number' && value >= min && value <= max)) return;
  throw new StganError(
    'argument',
    `${name} is ${describe(value)}; expected a number of millimetres from ${min} to ${max}`,
  );
}

/** The options of a fit after they were checked. */
export interface ReadFitOptions {
  placement: (Placement & { rotation: number }) | undefined;
  updates: number | undefined;
  /** x and y of both pupils. */
  pupils: Float64Array | undefined;
  pupilDistanceMm: number | undefined;
  signal: AbortSignal | undefined;
}

const FIT_KEYS = ['placement', 'updates', 'pupils', 'pupilDistanceMm', 'signal'] as const;

/**
 * Reads and checks the options of `TryOn.fit`.
 *
 * @internal
 * @throws {@link StganError} `aborted`, `argument` or `placement`.
 */
export function readFitOptions(options: FitOptions): ReadFitOptions {
  const { placement, updates, pupils, pupilDistanceMm, signal } = readOptions(options, FIT_KEYS);
  checkSignal(signal);
  throwIfAborted(signal, 'the fit');
  const read = {
    placement: placement === undefined || placement === null ? undefined : readPlacement(placement),
    updates: updates ?? undefined,
    pupils: readPupils(pupils),
    pupilDistanceMm,
    signal,
  };
  checkInteger('updates', read.updates, 0, MAX_UPDATES);
  checkMillimetres('pupilDistanceMm', pupilDistanceMm, PUPIL_DISTANCE_MM);
  return read;
}

function readPupils(pupils: FitOptions['pupils']): Float64Array | undefined {
  if (pupils === undefined || pupils === null) return undefined;
  const values: unknown[] = wrapping('argument', 'pupils cannot be read', () => {
    const [{ x: ax, y: ay }, { x: bx, y: by }] = pupils;
    return [ax, ay, bx, by];
  });
  if (values.every((value): value is number => Number.isFinite(value))) return Float64Array.from(values);
  throw new StganError('argument', `pupils is ${describe(pupils)}; expected two points with finite coordinates`);
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
  const known = {
    report: readField('report', report, 'the report of a manifest entry', copyReport),
    lensCentres: readField('lensCentres', lensCentres, 'two points', copyPair),
  };
  checkMillimetres('widthMm', widthMm, WIDTH_MM);
  return { image, size: { width, height }, ...known, widthMm };
}

/** A copy of a field of an entry. `copy` returns undefined for an invalid value. */
function readField<T>(
  name: string,
  value: T | undefined,
  expected: string,
  copy: (value: T) => T | undefined,
): T | undefined {
  if (value === undefined) return undefined;
  const what = `${name} of the prepared glasses`;
  const read = value === null ? undefined : wrapping('argument', `${what} cannot be read`, () => copy(value));
  if (read) return read;
  throw new StganError('argument', `${what} is ${describe(value)}; expected ${expected}`);
}

/** Names of kinds and warnings that later versions add are valid. */
function copyReport({ kind, lenses, confidence, warnings }: GlassesReport): GlassesReport | undefined {
  if (!Array.isArray(warnings)) return undefined;
  const report: GlassesReport = { kind, lenses, confidence, warnings: [...warnings] };
  const names: unknown[] = [kind, lenses, ...report.warnings];
  return names.every((name) => typeof name === 'string') && Number.isFinite(confidence) ? report : undefined;
}

function copyPair(points: readonly [Point, Point]): readonly [Point, Point] | undefined {
  if (!Array.isArray(points) || points.length !== 2) return undefined;
  const [{ x: ax, y: ay }, { x: bx, y: by }] = points;
  if (![ax, ay, bx, by].every((value) => Number.isFinite(value))) return undefined;
  return [
    { x: ax, y: ay },
    { x: bx, y: by },
  ];
}

const TRACK_KEYS = [
  'canvas',
  'people',
  'updates',
  'budget',
  'pupilDistanceMm',
  'signal',
  'onFrame',
  'onState',
] as const;

/**
 * Reads and checks the options of `TryOn.track`. The functions in the result throw `callback`.
 *
 * @internal
 * @throws {@link StganError} `aborted` or `argument`.
 */
export function readTrackOptions(options: TrackOptions): TrackOptions {
  const read = readOptions(options, TRACK_KEYS);
  const { canvas, people, updates, budget, pupilDistanceMm, signal, onFrame, onState } = read;
  checkSignal(signal);
  throwIfAborted(signal, 'tracking');
  checkCanvas(canvas);
  checkInteger('people', people, 1, MAX_PEOPLE);
  checkInteger('updates', updates, 1, MAX_UPDATES);
  checkPositive('budget', budget, 'milliseconds');
  checkMillimetres('pupilDistanceMm', pupilDistanceMm, PUPIL_DISTANCE_MM);
  return { ...read, onFrame: readCallback('onFrame', onFrame), onState: readCallback('onState', onState) };
}
