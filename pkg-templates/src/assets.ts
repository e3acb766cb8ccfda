import { StganError, wrap } from './errors.js';

/**
 * The addresses of this package's own files, by the option of `TryOn.create` that replaces them;
 * `room` are the weights of that task. Bundlers recognise the expressions, and copy the files.
 */
const ADDRESSES = {
  wasm: () => new URL('../wasm/stgan.wasm', import.meta.url),
  weights: () => new URL('../weights/glasses.safetensors', import.meta.url),
  room: () => new URL('../weights/room.safetensors', import.meta.url),
  locator: () => new URL('../weights/locator.safetensors', import.meta.url),
  cutOut: () => new URL('../weights/cutout.safetensors', import.meta.url),
  decoder: () => new URL('../wasm/decoder.wasm', import.meta.url),
};

/**
 * Loads the source that the caller passed as an option, or else this package's own file. If that
 * file is not found, the error says what to do.
 *
 * @internal
 * @throws {@link StganError} what `load` throws, and `fetch`.
 */
export async function loadAsset<S, T>(
  option: keyof typeof ADDRESSES,
  source: S | undefined,
  load: (source: S | URL) => Promise<T>,
): Promise<T> {
  if (source !== undefined) return load(source);
  try {
    return await load(addressOf(option));
  } catch (error) {
    if (!(error instanceof StganError)) throw error;
    // Some servers respond with a page instead of a missing file, which is no wasm module.
    if (error.code !== 'fetch' && error.code !== 'wasm') throw error;
    throw new StganError(error.code, `${error.message}; ${remedy(option)}`, { cause: error.cause });
  }
}

/** Bundles in other formats than that of modules have no `import.meta.url`. */
function addressOf(option: keyof typeof ADDRESSES): URL {
  try {
    return ADDRESSES[option]();
  } catch (error) {
    throw wrap(error, 'fetch', "the address of this package's files is unknown");
  }
}

function remedy(option: string): string {
  const { location, process } = globalThis as { location?: Location; process?: { versions?: { node?: string } } };
  if (location?.protocol === 'file:')
    return 'a page that was opened as a file cannot load other files: serve its folder over HTTP';
  const pass = `pass the option ${option === 'room' ? 'weights' : option} to TryOn.create`;
  if (process?.versions?.node)
    return `if a bundler moved the package, exclude it from the server's bundle (in Next: serverExternalPackages: ['stgan']) or ${pass}`;
  return `if a bundler moved the package, serve its folders wasm and weights where it looks for them, or ${pass}`;
}
