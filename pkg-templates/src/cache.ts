import { HASHES } from '../wasm/hashes.js';
import type { PackageFile } from './files.js';
import { type Download, openSource } from './load.js';

const NAME = 'stgan';

/** The key of a file. The address is never requested. */
const keyOf = (hash: string): string => `https://stgan.invalid/${hash}`;

/** The files that are being stored. */
const storing = new Set<Promise<void>>();

/**
 * Loads a file of this package from the Cache API, by the hash of its content, or downloads it.
 * `load` gets a response, so it can work while the bytes arrive. What is read from the cache is
 * verified at the same time; if it is damaged, the result is discarded and the file downloaded.
 * A download is stored after `load` has it, in the background. Without the Cache API (in an
 * insecure page, with a full disk, or in Node) the file is downloaded.
 *
 * @internal
 * @throws {@link StganError} what `load` throws, and `fetch`; the signal's reason if it is aborted.
 */
export async function loadCached<T>(
  name: PackageFile,
  url: URL,
  download: Download,
  load: (source: Response | Uint8Array<ArrayBuffer>) => Promise<T>,
): Promise<T> {
  const hash = HASHES[name];
  const cache = await openCache();
  const stored = await cache?.match(keyOf(hash)).catch(() => undefined);
  download.signal.throwIfAborted();
  if (stored) {
    const copy = stored.clone();
    const [loaded, intact] = await Promise.allSettled([load(stored), isIntact(copy, hash)]);
    if (intact.status === 'fulfilled' && intact.value) {
      if (loaded.status === 'rejected') throw loaded.reason;
      return loaded.value;
    }
  }
  const source = await openSource(url, download);
  if (!cache || source instanceof Uint8Array) return load(source);
  const copy = source.clone();
  const loaded = await load(source);
  const work = store(cache, name, copy).finally(() => storing.delete(work));
  storing.add(work);
  return loaded;
}

/**
 * Waits until all downloads so far are stored.
 *
 * @internal
 */
export async function allStored(): Promise<void> {
  await Promise.all(storing);
}

async function openCache(): Promise<Cache | null> {
  // The type library declares both in every context; insecure pages and Node lack them.
  const { caches, crypto } = globalThis as { caches?: CacheStorage; crypto?: Crypto };
  if (!caches || !crypto?.subtle) return null;
  try {
    return await caches.open(NAME);
  } catch {
    return null;
  }
}

async function isIntact(response: Response, hash: string): Promise<boolean> {
  return (await sha256(await response.arrayBuffer())) === hash;
}

/**
 * Stores a file if it is the one of this version, and removes the files of other versions. A
 * failure is ignored.
 */
async function store(cache: Cache, name: PackageFile, response: Response): Promise<void> {
  try {
    const bytes = await response.arrayBuffer();
    if ((await sha256(bytes)) !== HASHES[name]) return;
    // The type is what browsers require to compile a response while they read it.
    const type = name === 'wasm' ? 'application/wasm' : 'application/octet-stream';
    const headers = { 'content-type': type, 'content-length': String(bytes.byteLength) };
    await cache.put(keyOf(HASHES[name]), new Response(bytes, { headers }));
    const known = new Set(Object.values(HASHES).map(keyOf));
    const others = (await cache.keys()).filter(({ url }) => !known.has(url));
    await Promise.all(others.map((other) => cache.delete(other)));
  } catch {
    // The disk is full, or the user forbids to store data.
  }
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
