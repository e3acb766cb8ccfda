/** An imported wasm file. Its value depends on the bundler: a URL, bytes or a module. */
import type { WasmSource } from '../dist/index.js';

declare const source: WasmSource;
export default source;
