import { loadAsset } from './assets.js';
import { loadCached } from './cache.js';
import type { Download } from './load.js';
import type { AbortSignal, URL } from './platform.js';

/**
 * A file of this package that is downloaded at run time, by its option of `TryOn.create`. `weights`
 * are those for glasses, `room` those for furniture.
 */
export type PackageFile = 'wasm' | 'weights' | 'room' | 'locator' | 'cutOut';

/**
 * A file to load.
 *
 * @internal
 */
export interface FileRequest<S> {
  name: PackageFile;
  /** What the caller passed instead of the package's own file. */
  source: S | undefined;
  /** Whether to read the package's own file through the Cache API. */
  cache: boolean | undefined;
  download: Download;
}

/**
 * Loads the source that the caller passed, or else this package's own file.
 *
 * @internal
 * @throws {@link StganError} what `load` throws, and `fetch`; the signal's reason if it is aborted.
 */
export function loadFile<S, T>(
  { name, source, cache, download }: FileRequest<S>,
  load: (source: S | URL | Response | Uint8Array<ArrayBuffer>) => Promise<T>,
): Promise<T> {
  if (source !== undefined || !cache) return loadAsset(name, source, load);
  return loadAsset<never, T>(name, undefined, (url) => loadCached(name, url, download, load));
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
