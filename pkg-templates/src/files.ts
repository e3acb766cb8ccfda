import { cachedBytes } from './cache.js';
import type { BytesSource, Download } from './load.js';

/** A file of this package that is downloaded at run time, by its option of `TryOn.create`. */
export type PackageFile = 'wasm' | 'weights' | 'locator' | 'cutOut';

/** The URLs of the files. Bundlers recognise exactly these expressions. */
const URLS: Readonly<Record<PackageFile, () => URL>> = {
  wasm: () => new URL('../wasm/stgan.wasm', import.meta.url),
  weights: () => new URL('../weights/glasses.safetensors', import.meta.url),
  locator: () => new URL('../weights/locator.safetensors', import.meta.url),
  cutOut: () => new URL('../weights/cutout.safetensors', import.meta.url),
};

/**
 * The source of a file of this package: its URL, or its bytes if it is kept in the cache.
 *
 * @internal
 * @throws {@link StganError} `fetch`; the signal's reason if it is aborted.
 */
export async function packageFile(name: PackageFile, cache: boolean, download: Download): Promise<BytesSource> {
  return cache ? cachedBytes(name, URLS[name](), download) : URLS[name]();
}

/** Options of `preload`. */
export interface PreloadOptions {
  /**
   * The files to download.
   *
   * @defaultValue all that a fit on a photo needs: `['wasm', 'weights', 'locator']`
   */
  files?: readonly PackageFile[] | undefined;
  /**
   * Whether to keep the files in the Cache API, as the option of `TryOn.create`. Otherwise the
   * browser keeps them as long as the server's headers allow.
   *
   * @defaultValue `false`
   */
  cache?: boolean | undefined;
  /** Cancels the downloads when it is aborted. */
  signal?: AbortSignal | undefined;
}
