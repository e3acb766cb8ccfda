import { wrap } from './errors.js';
import { type BytesSource, type Download, open, readBytes, size } from './load.js';

/** Where a wasm module can come from. */
export type WasmSource = BytesSource | WebAssembly.Module;

/**
 * A compiled module from any source; from a response while it comes in, which also lets browsers keep the compiled code.
 *
 * @internal
 */
export async function compile(source: WasmSource, download: Download): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  const opened = await open(source, download);
  try {
    if (opened instanceof Uint8Array || !isWasm(opened)) {
      return await WebAssembly.compile(await readBytes(opened, download));
    }
    download.report(0, size(opened));
    return await WebAssembly.compileStreaming(opened);
  } catch (error) {
    const broken = error instanceof WebAssembly.CompileError;
    throw wrap(error, broken ? 'wasm' : 'fetch', 'cannot compile the wasm module');
  }
}

/** Whether the server says what streaming compilation insists on. */
function isWasm(response: Response): boolean {
  const type = response.headers.get('content-type');
  return typeof WebAssembly.compileStreaming === 'function' && /^application\/wasm\s*(;|$)/i.test(type ?? '');
}
