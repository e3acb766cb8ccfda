import { loadAsset } from './assets.js';
import { StganError, type StganErrorCode, wrap } from './errors.js';
import type { Pixels } from './images.js';
import { Lazy } from './lazy.js';
import { unobserved } from './load.js';
import { compile, type WasmSource } from './module.js';

/** The exports of the wasm module in `crates/decoder`. */
interface DecoderExports {
  memory: WebAssembly.Memory;
  allocate(length: number): number;
  decode(): number;
  width(): number;
  height(): number;
  address(): number;
  length(): number;
}

/**
 * Decodes JPEG, PNG and WebP files on platforms without a canvas (Node, Deno, Cloudflare Workers).
 * The decoder is a separate wasm module, which is loaded when the first image is decoded.
 */
export class Decoder {
  readonly #module: Lazy<WebAssembly.Module>;

  constructor(source: WasmSource | undefined) {
    this.#module = new Lazy(() => loadAsset('decoder', source, (from) => compile(from, unobserved())));
  }

  /**
   * Decodes the image file `bytes`; `label` names the image in error messages.
   *
   * @throws {@link StganError} `decode`, `image-too-large`, `fetch`, `wasm` or `internal`.
   */
  async decode(bytes: Uint8Array, label: string): Promise<Pixels> {
    const module = await this.#module.get();
    // A wasm memory never shrinks and decoding takes several times the size of the image, so each
    // image gets an instance that is discarded afterwards.
    let exports: DecoderExports;
    let status: number;
    try {
      exports = (await WebAssembly.instantiate(module, {})).exports as unknown as DecoderExports;
      const start = exports.allocate(bytes.length) >>> 0;
      new Uint8Array(exports.memory.buffer).set(bytes, start);
      status = exports.decode();
    } catch (error) {
      throw wrap(error, 'internal', `${label}: the decoder failed`);
    }
    const result = new Uint8Array(exports.memory.buffer, exports.address() >>> 0, exports.length() >>> 0);
    if (status === 0) {
      return { data: new Uint8ClampedArray(result), width: exports.width(), height: exports.height() };
    }
    const [code, message] = new TextDecoder().decode(result).split('\n', 2);
    throw new StganError(code as StganErrorCode, `${label}: ${message}`);
  }
}
