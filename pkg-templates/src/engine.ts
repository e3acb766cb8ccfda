import * as bindings from '../wasm/stgan.js';
import { StganError, type StganErrorCode, wrap } from './errors.js';

/**
 * The state of the only wasm instance of this module, which all `TryOn` objects share. A crash (a
 * panic, or running out of memory) leaves the instance in an unknown state. It is then never
 * entered again: every object in it fails from then on, and the next `startEngine` replaces the
 * instance.
 */
let state: 'none' | 'running' | 'crashed' = 'none';
let starting: Promise<void> | undefined;
/** Counts the instances, so that objects of a crashed instance can be recognised. */
let currentInstance = 0;

/** Identifies the wasm instance that an object belongs to. */
export type InstanceId = number;

/** The functions and classes that wasm-bindgen generated. */
export type Bindings = typeof bindings;

/** Whether `startEngine` needs a module. */
export const needsModule = (): boolean => state === 'none';

/**
 * Starts an instance if none is running. Calls may overlap; the first module that works is used.
 */
export async function startEngine(module: WebAssembly.Module | undefined): Promise<InstanceId> {
  while (state === 'none') {
    if (starting) {
      await starting.catch(() => {});
      continue;
    }
    starting = instantiate(module).finally(() => (starting = undefined));
    await starting;
  }
  if (state === 'crashed') {
    bindings.__wbg_reset_state();
    state = 'running';
  }
  return currentInstance;
}

async function instantiate(module: WebAssembly.Module | undefined): Promise<void> {
  try {
    if (!module) throw new Error('there is no module');
    const exports = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
    // The generated code would accept any module and only fail when it is called.
    for (const name of ['tryon_new', 'tryon_fit', 'glasses_new', 'glasses_blend', 'cutout_new']) {
      if (!exports.has(name)) throw new Error(`it has no export ${name}`);
    }
    await bindings.default({ module_or_path: module });
    state = 'running';
  } catch (error) {
    throw wrap(error, 'wasm', "not this package's wasm module");
  }
}

/**
 * Runs `work` in the instance `instance`.
 *
 * @throws {@link StganError} with the code that the Rust side gave, or `internal` after a crash.
 */
export function call<T>(instance: InstanceId, work: (wasm: Bindings) => T): T {
  if (instance !== currentInstance)
    throw new StganError('internal', 'the wasm instance crashed earlier; create a new TryOn');
  try {
    return work(bindings);
  } catch (error) {
    // Thrown by a callback of this package: wasm passes it on and stays usable.
    if (error instanceof StganError) throw error;
    // The Rust side throws an Error with a `code`; anything else that leaves wasm is a crash.
    const code = (error as { code?: unknown } | null)?.code;
    const { message } = error as Error;
    if (typeof code === 'string') throw new StganError(code as StganErrorCode, message);
    state = 'crashed';
    currentInstance++;
    throw new StganError('internal', `the wasm instance crashed (create a new TryOn): ${message}`, { cause: error });
  }
}

/** Frees an object of `instance`, unless that instance has crashed. */
export function release(instance: InstanceId, object: { free(): void }): void {
  if (instance === currentInstance) call(instance, () => object.free());
}
