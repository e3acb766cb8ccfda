import { StganError, type StganErrorCode, wrap } from './errors.js';
import type { Pixels } from './images.js';
import { compile, type WasmSource } from './module.js';

/** What crates/decoder exports. */
interface Exports {
  memory: WebAssembly.Memory;
  allocate(length: number): number;
  decode(): number;
  width(): number;
  height(): number;
  address(): number;
  length(): number;
}

/**
 * Decodes JPEG, PNG and WebP where the platform does not, in a wasm module of its own, which is loaded at the first use.
 */
export class Decoder {
  readonly #source: WasmSource;
  #module: Promise<WebAssembly.Module> | undefined;

  constructor(source: WasmSource | undefined) {
    this.#source = source ?? new URL('../wasm/decoder.wasm', import.meta.url);
  }

  /** The pixels of an encoded image; `what` names it in messages. */
  async decode(bytes: Uint8Array, what: string): Promise<Pixels> {
    const silent = { signal: new AbortController().signal, report(): void {} };
    this.#module ??= compile(this.#source, silent);
    let module: WebAssembly.Module;
    try {
      module = await this.#module;
    } catch (error) {
      this.#module = undefined;
      throw error;
    }
    // An instance for each image: its memory, several times the image's, goes when the instance does.
    let exports: Exports;
    let status: number;
    try {
      exports = (await WebAssembly.instantiate(module, {})).exports as unknown as Exports;
      const start = exports.allocate(bytes.length) >>> 0;
      new Uint8Array(exports.memory.buffer).set(bytes, start);
      status = exports.decode();
    } catch (error) {
      throw wrap(error, 'internal', `${what}: the decoder failed`);
    }
    const result = new Uint8Array(exports.memory.buffer, exports.address() >>> 0, exports.length() >>> 0);
    if (status === 0) {
      return { data: new Uint8ClampedArray(result), width: exports.width(), height: exports.height() };
    }
    const [code, message] = new TextDecoder().decode(result).split('\n', 2);
    throw new StganError(code as StganErrorCode, `${what}: ${message}`);
  }
}
