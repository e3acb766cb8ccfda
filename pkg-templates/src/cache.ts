import { HASHES } from '../wasm/hashes.js';
import type { PackageFile } from './files.js';
import { type Download, readBytes } from './load.js';

const NAME = 'stgan';

/** The key of a file. The address is never requested. */
const keyOf = (hash: string): string => `https://stgan.invalid/${hash}`;

/**
 * Reads a file of this package from the Cache API, by the hash of its content, or downloads and
 * stores it. What is read is verified; a damaged entry is replaced. Without the Cache API (in an
 * insecure page, with a full disk, or in Node) the file is downloaded.
 *
 * @internal
 * @throws {@link StganError} `fetch`; the signal's reason if it is aborted.
 */
export async function cachedBytes(name: PackageFile, url: URL, download: Download): Promise<Uint8Array<ArrayBuffer>> {
  const hash = HASHES[name];
  const cache = await openCache();
  const stored = cache && (await read(cache, hash));
  download.signal.throwIfAborted();
  if (stored) {
    download.report(stored.length, stored.length);
    return stored;
  }
  const bytes = await readBytes(url, download);
  // A file of another version is used, but not found under this hash again.
  if (cache && (await sha256(bytes)) === hash) await store(cache, hash, bytes);
  return bytes;
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

/** The bytes of an entry, if it is there and intact. */
async function read(cache: Cache, hash: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const response = await cache.match(keyOf(hash));
    if (!response) return null;
    const bytes = new Uint8Array(await response.arrayBuffer());
    return (await sha256(bytes)) === hash ? bytes : null;
  } catch {
    return null;
  }
}

/** Stores a file, and removes the files of other versions. A failure is ignored. */
async function store(cache: Cache, hash: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    await cache.put(keyOf(hash), new Response(bytes));
    const known = new Set(Object.values(HASHES).map(keyOf));
    const others = (await cache.keys()).filter(({ url }) => !known.has(url));
    await Promise.all(others.map((other) => cache.delete(other)));
  } catch {
    // The disk is full, or the user forbids to store data.
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
