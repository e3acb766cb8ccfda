/** An imported weights file. Its value depends on the bundler: a URL or bytes. */
import type { BytesSource } from '../dist/index.js';

declare const source: BytesSource;
export default source;
