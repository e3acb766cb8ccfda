import { throwIfAborted, untilAborted } from './abort.js';
import { allStored } from './cache.js';
import { StganError, wrap } from './errors.js';
import { loadFile, type PackageFile, type PreloadOptions } from './files.js';
import { readBytes, unobserved } from './load.js';

const NAMES: readonly PackageFile[] = ['wasm', 'weights', 'room', 'locator', 'cutOut'];

/**
 * Downloads files of this package before they are needed, so that `TryOn.create` and the first fit
 * find them in the browser's cache. It compiles nothing and keeps no memory.
 *
 * @throws {@link StganError} `fetch` if a file cannot be read, `argument` for an unknown file,
 * `aborted` if the signal was aborted.
 *
 * @example
 * ```ts
 * button.addEventListener('pointerenter', () => preload({ cache: true }), { once: true });
 * ```
 */
export async function preload(options: PreloadOptions = {}): Promise<void> {
  const { files = ['wasm', 'weights', 'locator'], cache, signal } = options ?? {};
  const unknown = files.find((file) => !NAMES.includes(file));
  if (unknown !== undefined)
    throw new StganError('argument', `files has ${JSON.stringify(unknown)}; expected ${NAMES.join(', ')}`);
  throwIfAborted(signal, 'preloading');
  const controller = new AbortController();
  const download = unobserved(controller.signal);
  const work = files.map((name) =>
    loadFile<never, Uint8Array>({ name, source: undefined, cache, download }, (from) => readBytes(from, download)),
  );
  try {
    await untilAborted(Promise.all(work).then(allStored), signal);
  } catch (error) {
    controller.abort();
    throwIfAborted(signal, 'preloading');
    throw wrap(error, 'internal', 'preloading failed');
  }
}
