/**
 * A feature of the platform that this package uses.
 *
 * - `webassembly`: WebAssembly.
 * - `wasm-compilation`: permission to compile WebAssembly. A content security policy needs
 *   `script-src 'wasm-unsafe-eval'`.
 * - `wasm-simd`, `wasm-reference-types`: these extensions of WebAssembly.
 * - `abort-signal`: `AbortSignal.prototype.throwIfAborted`.
 * - `canvas`: a canvas to read pixels from, for the pixels of elements and video frames.
 * - `camera`: `getUserMedia`. It is missing in insecure pages, in workers and in Node.
 * - `worker`: workers. Browsers without module workers, such as Firefox before 114, fail later with
 *   the error code `worker`.
 */
export type Feature =
  | 'webassembly'
  | 'wasm-compilation'
  | 'wasm-simd'
  | 'wasm-reference-types'
  | 'abort-signal'
  | 'canvas'
  | 'camera'
  | 'worker';

/**
 * What the package is to be used for: photos in any context, the camera of a page, or the option
 * `worker`.
 */
export type Purpose = 'photo' | 'camera' | 'worker';

/** The header of a wasm module. */
const HEADER = [0, 97, 115, 109, 1, 0, 0, 0];

/** A function with the instructions `i32.const 0`, `i8x16.splat`, `i8x16.popcnt`. */
const SIMD = [1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

/** A function with the instructions `ref.null func`, `drop`. */
const REFERENCE_TYPES = [1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 7, 1, 5, 0, 208, 112, 26, 11];

const validates = (section: number[]): boolean => WebAssembly.validate(new Uint8Array([...HEADER, ...section]));

function canCompile(): boolean {
  try {
    return new WebAssembly.Module(new Uint8Array(HEADER)) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

/**
 * The features that this platform lacks for a purpose. Nothing is downloaded.
 *
 * @param purpose - What the package is to be used for.
 * @returns The names of the missing features; empty if there are none.
 *
 * @example
 * ```ts
 * const missing = missingFeatures('camera');
 * if (missing.includes('camera')) offerUpload();
 * ```
 */
export function missingFeatures(purpose: Purpose = 'photo'): Feature[] {
  const missing: Feature[] = [];
  const require = (feature: Feature, isPresent: boolean): void => void (isPresent || missing.push(feature));
  const hasWasm = typeof WebAssembly === 'object' && typeof WebAssembly.validate === 'function';
  require('webassembly', hasWasm);
  if (hasWasm) {
    require('wasm-compilation', canCompile());
    require('wasm-simd', validates(SIMD));
    require('wasm-reference-types', validates(REFERENCE_TYPES));
  }
  require('abort-signal', typeof AbortSignal === 'function' && 'throwIfAborted' in AbortSignal.prototype);
  const { navigator, document, OffscreenCanvas } = globalThis as Partial<typeof globalThis>;
  // Node needs no canvas, because it has no elements.
  if (document)
    require('canvas', typeof OffscreenCanvas === 'function' || 'getContext' in document.createElement('canvas'));
  if (purpose === 'camera') require('camera', typeof navigator?.mediaDevices?.getUserMedia === 'function');
  if (purpose === 'worker') require('worker', typeof Worker === 'function');
  return missing;
}

/**
 * Whether this platform has all features for a purpose; `missingFeatures` names the others.
 *
 * @param purpose - What the package is to be used for.
 */
export function isSupported(purpose: Purpose = 'photo'): boolean {
  return missingFeatures(purpose).length === 0;
}
