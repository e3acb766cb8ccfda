import { bytesOf } from './buffers.js';
import { StganError, wrap } from './errors.js';
import type { AbortSignal, Request, Response, URL } from './platform.js';
import { typeName } from './type-name.js';

/**
 * A source of bytes: a URL, a request, a response (or a promise of one), or the bytes themselves.
 */
export type BytesSource = string | URL | Request | Response | PromiseLike<Response> | ArrayBuffer | ArrayBufferView;

/** The progress of a download that `TryOn.create` makes. */
export interface Progress {
  /** The file: the wasm module or the weights. */
  phase: 'wasm' | 'weights';
  /** Bytes received so far, after decompression. */
  loaded: number;
  /** The size of the file in bytes, after decompression; absent if the server does not state it. */
  total?: number;
}

/**
 * How to stop a download and report its progress.
 *
 * @internal
 */
export interface Download {
  signal: AbortSignal;
  report(loaded: number, total: number | undefined): void;
}

/**
 * A download that reports no progress.
 *
 * @internal
 */
export const unobserved = (signal = new AbortController().signal): Download => ({ signal, report: () => {} });

/**
 * Fetches a URL or request, or waits for a response. Bytes are returned without a copy.
 *
 * @internal
 * @throws {@link StganError} `fetch` or `argument`; the signal's reason if it is aborted.
 */
export async function openSource(
  source: BytesSource,
  { signal }: Download,
): Promise<Response | Uint8Array<ArrayBuffer>> {
  try {
    const bytes = bytesOf(source);
    if (bytes) return bytes;
    if (typeof source === 'string' || source instanceof URL) {
      const file = fileUrl(source);
      if (file) return await readFile(file, signal);
      return checkResponse(await fetch(source, { signal }));
    }
    if (typeName(source) === 'Request') return checkResponse(await fetch(source as Request, { signal }));
    const response = await (source as Response | PromiseLike<Response>);
    if (typeName(response) === 'Response') return checkResponse(response);
  } catch (error) {
    signal.throwIfAborted();
    throw wrap(error, 'fetch', `cannot read ${nameOf(source)}`);
  }
  throw new StganError('argument', `expected a URL, a Request, a Response or bytes, got ${typeName(source)}`);
}

/**
 * Reads all bytes of a source and reports the progress.
 *
 * @internal
 * @throws {@link StganError} as `openSource`.
 */
export async function readBytes(source: BytesSource, download: Download): Promise<Uint8Array<ArrayBuffer>> {
  const opened = await openSource(source, download);
  const bytes = opened instanceof Uint8Array ? opened : await readBody(opened, download);
  download.signal.throwIfAborted();
  download.report(bytes.length, bytes.length);
  return bytes;
}

async function readBody(response: Response, { signal, report }: Download): Promise<Uint8Array<ArrayBuffer>> {
  const total = contentLength(response);
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  report(loaded, total);
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  // The signal is not attached to a response that the caller fetched.
  const cancel = (): void => void reader?.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', cancel);
  try {
    reader = response.body?.getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      const chunk = bytesOf(part.value);
      if (!chunk) throw new TypeError(`a part of the body is a value of type ${typeName(part.value)}, not bytes`);
      chunks.push(chunk);
      loaded += chunk.length;
      report(loaded, total);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw wrap(error, 'fetch', `the download of ${nameOf(response)} was interrupted`);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
  signal.throwIfAborted();
  const bytes = new Uint8Array(loaded);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/**
 * The length of the decompressed body in bytes. It is undefined for a compressed response, because
 * `content-length` then counts compressed bytes.
 *
 * @internal
 */
export function contentLength(response: Response): number | undefined {
  const length = response.headers.get('content-length');
  return length === null || response.headers.has('content-encoding') ? undefined : Number(length);
}

function checkResponse(response: Response): Response {
  if (!response.ok) {
    const status = `${response.status} ${response.statusText}`.trim();
    throw new StganError('fetch', `cannot read ${nameOf(response)}: the server responded with ${status}`);
  }
  if (response.bodyUsed)
    throw new StganError('fetch', `the body of the response from ${nameOf(response)} has already been read`);
  return response;
}

function nameOf(source: BytesSource): string {
  if (typeof source === 'string') return source;
  if (source instanceof URL) return source.href;
  const type = typeName(source);
  const url = type === 'Request' || type === 'Response' ? (source as Request | Response).url : '';
  return url || `a value of type ${type}`;
}

/** A `file:` URL under Node, whose `fetch` does not read files; otherwise null. */
function fileUrl(source: string | URL): URL | null {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (!process?.versions?.node) return null;
  const url = typeof source === 'string' ? (URL.canParse(source) ? new URL(source) : null) : source;
  return url?.protocol === 'file:' ? url : null;
}

async function readFile(file: URL, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  // A variable hides the module from bundlers for browsers.
  const module = 'node:fs/promises';
  const fs = (await import(/* @vite-ignore */ /* webpackIgnore: true */ module)) as {
    readFile(file: URL, options: { signal: AbortSignal }): Promise<Uint8Array<ArrayBuffer>>;
  };
  return fs.readFile(file, { signal });
}
