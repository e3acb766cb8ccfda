import { StganError, wrap } from './errors.js';

/** Where bytes can come from: an address, an answer to `fetch`, or the bytes themselves. */
export type BytesSource = string | URL | Request | Response | PromiseLike<Response> | ArrayBuffer | ArrayBufferView;

/** How far a download is. `total` is missing where the server does not say how large the unpacked file is. */
export interface Progress {
  phase: 'wasm' | 'weights';
  /** Bytes so far, unpacked. */
  loaded: number;
  total?: number;
}

/**
 * What goes with a download: when to stop, and whom to tell.
 *
 * @internal
 */
export interface Download {
  signal: AbortSignal;
  report(loaded: number, total: number | undefined): void;
}

const tag = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

/**
 * Follows an address or waits for an answer; bytes come back as they are.
 *
 * @internal
 */
export async function open(source: BytesSource, { signal }: Download): Promise<Response | Uint8Array<ArrayBuffer>> {
  if (source instanceof ArrayBuffer || tag(source) === 'ArrayBuffer') return new Uint8Array(source as ArrayBuffer);
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength);
  }
  try {
    if (typeof source === 'string' || source instanceof URL) {
      const file = localFile(source);
      if (file) return await readFile(file, signal);
      return checked(await fetch(source, { signal }));
    }
    if (tag(source) === 'Request') return checked(await fetch(source as Request, { signal }));
    const answer = await (source as Response | PromiseLike<Response>);
    if (tag(answer) === 'Response') return checked(answer);
  } catch (error) {
    signal.throwIfAborted();
    throw wrap(error, 'fetch', `cannot read ${name(source)}`);
  }
  throw new StganError('argument', `a URL, a Request, a Response or bytes are expected, not ${tag(source)}`);
}

/**
 * All bytes of a source, reported as they come.
 *
 * @internal
 */
export async function readBytes(source: BytesSource, download: Download): Promise<Uint8Array<ArrayBuffer>> {
  const opened = await open(source, download);
  const bytes = opened instanceof Uint8Array ? opened : await drain(opened, download);
  download.signal.throwIfAborted();
  download.report(bytes.length, bytes.length);
  return bytes;
}

async function drain(response: Response, { signal, report }: Download): Promise<Uint8Array<ArrayBuffer>> {
  const total = size(response);
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  report(loaded, total);
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  // A response that the caller fetched does not listen to the signal by itself.
  const stop = (): void => void reader?.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', stop);
  try {
    reader = response.body?.getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      chunks.push(part.value);
      loaded += part.value.length;
      report(loaded, total);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw wrap(error, 'fetch', `the download of ${name(response)} broke off`);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/**
 * The length of the body as it will be read; unknown where it travels packed.
 *
 * @internal
 */
export function size(response: Response): number | undefined {
  const length = response.headers.get('content-length');
  return length === null || response.headers.has('content-encoding') ? undefined : Number(length);
}

function checked(response: Response): Response {
  if (!response.ok) {
    const status = `${response.status} ${response.statusText}`.trim();
    throw new StganError('fetch', `cannot read ${name(response)}: the server answered ${status}`);
  }
  if (response.bodyUsed) throw new StganError('fetch', `the response from ${name(response)} has been read already`);
  return response;
}

function name(source: BytesSource): string {
  if (typeof source === 'string') return source;
  if (source instanceof URL) return source.href;
  return ('url' in source && source.url) || `a ${tag(source)}`;
}

/** Under Node, where `fetch` does not read files: the file that an address names. */
function localFile(source: string | URL): URL | null {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (!process?.versions?.node) return null;
  const url = typeof source === 'string' ? (URL.canParse(source) ? new URL(source) : null) : source;
  return url?.protocol === 'file:' ? url : null;
}

async function readFile(file: URL, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  // In a variable, so that bundlers for browsers do not look for the module.
  const module = 'node:fs/promises';
  const fs = (await import(/* @vite-ignore */ /* webpackIgnore: true */ module)) as {
    readFile(file: URL, options: { signal: AbortSignal }): Promise<Uint8Array<ArrayBuffer>>;
  };
  return fs.readFile(file, { signal });
}
