import * as glue from '../wasm/stgan.js';
import { StganError, type StganErrorCode, wrap } from './errors.js';

/**
 * The one wasm instance of this module, which all sessions share. A crash (a panic, or memory that ran out) leaves it in an
 * unknown state, so it is never entered again: what lives in it fails from then on, and the next `start` makes a new one.
 */
let state: 'none' | 'running' | 'crashed' = 'none';
let starting: Promise<void> | undefined;
/** Counts the instances, so that what belonged to a crashed one is known by its number. */
let generation = 0;

export type Generation = number;

/** What wasm-bindgen has made. */
export type Glue = typeof glue;

/** Whether `start` needs a module. */
export const needsModule = (): boolean => state === 'none';

/** Makes sure that an instance runs. Calls may overlap; the first module that works is used. */
export async function start(module: WebAssembly.Module | undefined): Promise<Generation> {
  while (state === 'none') {
    if (starting) {
      await starting.catch(() => {});
      continue;
    }
    starting = instantiate(module).finally(() => (starting = undefined));
    await starting;
  }
  if (state === 'crashed') {
    glue.__wbg_reset_state();
    state = 'running';
  }
  return generation;
}

async function instantiate(module: WebAssembly.Module | undefined): Promise<void> {
  try {
    if (!module) throw new Error('there is no module');
    const exports = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
    // The generated code would take a stranger for its own, and only fail later.
    for (const name of ['tryon_new', 'tryon_fit', 'fit_blend']) {
      if (!exports.has(name)) throw new Error(`it has no export ${name}`);
    }
    await glue.default({ module_or_path: module });
    state = 'running';
  } catch (error) {
    throw wrap(error, 'wasm', "not this package's wasm module");
  }
}

/** Calls into the instance of a generation; what it throws comes out as `StganError`. */
export function call<T>(owner: Generation, work: (wasm: typeof glue) => T): T {
  if (owner !== generation) throw new StganError('internal', 'the wasm instance crashed earlier: create a new TryOn');
  try {
    return work(glue);
  } catch (error) {
    // From a function of this package that wasm called: wasm has handed it on, and is as it was.
    if (error instanceof StganError) throw error;
    // An error value of the Rust side is an Error with a code; all else that comes out of wasm is a crash.
    const code = (error as { code?: unknown } | null)?.code;
    const { message } = error as Error;
    if (typeof code === 'string') throw new StganError(code as StganErrorCode, message);
    state = 'crashed';
    generation++;
    throw new StganError('internal', `the wasm instance crashed: ${message}`, { cause: error });
  }
}

/** Frees an object of the instance, unless that has crashed meanwhile. */
export function release(owner: Generation, object: { free(): void }): void {
  if (owner === generation) call(owner, () => object.free());
}
