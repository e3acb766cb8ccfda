import { wrap } from './errors.js';
import { type BytesSource, contentLength, type Download, openSource, readBytes } from './load.js';
import type { WasmModule } from './platform.js';
import { typeName } from './type-name.js';

/**
 * A source of a wasm module: a URL, a request, a response, the bytes of the file, or a compiled
 * `WebAssembly.Module`.
 */
export type WasmSource = BytesSource | WasmModule;

/**
 * Compiles a module. A response is compiled while it downloads, which also lets browsers cache the
 * compiled code.
 *
 * @internal
 * @throws {@link StganError} `fetch`, `wasm` or `argument`.
 */
export async function compile(source: WasmSource, download: Download): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module || typeName(source) === 'WebAssembly.Module')
    return source as WebAssembly.Module;
  const opened = await openSource(source, download);
  try {
    if (opened instanceof Uint8Array || !canStream(opened)) {
      return await WebAssembly.compile(await readBytes(opened, download));
    }
    download.report(0, contentLength(opened));
    return await WebAssembly.compileStreaming(opened);
  } catch (error) {
    const isInvalid = error instanceof WebAssembly.CompileError;
    throw wrap(error, isInvalid ? 'wasm' : 'fetch', 'cannot compile the wasm module');
  }
}

/**
 * Whether a response can be compiled while it downloads: browsers require the content type
 * `application/wasm` without parameters.
 */
function canStream(response: Response): boolean {
  const type = response.headers.get('content-type')?.trim().toLowerCase();
  return typeof WebAssembly.compileStreaming === 'function' && type === 'application/wasm';
}
