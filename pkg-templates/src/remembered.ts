import { type Glasses, pixelCount } from './glasses.js';

/** The largest number of remembered glasses. */
const MAX_COUNT = 8;

/** The largest number of pixels of all remembered glasses. Wasm needs about 25 bytes for each. */
const MAX_PIXELS = 8_000_000;

/**
 * The glasses that were last prepared from images, so that another fit with the same pixels need
 * not prepare them.
 *
 * @internal
 */
export class RememberedGlasses {
  /** In the order of their last use. */
  readonly #entries = new Map<string, Glasses>();

  get(key: string): Glasses | undefined {
    const glasses = this.#entries.get(key);
    if (!glasses) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, glasses);
    return glasses;
  }

  /** Keeps `glasses`, and disposes of those that have not been used for the longest time. */
  add(key: string, glasses: Glasses): void {
    this.#remove(key);
    this.#entries.set(key, glasses);
    let total = 0;
    for (const kept of this.#entries.values()) total += pixelCount(kept);
    for (const [oldest, kept] of this.#entries) {
      if (this.#entries.size <= MAX_COUNT && total <= MAX_PIXELS) break;
      total -= pixelCount(kept);
      this.#remove(oldest);
    }
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.#remove(key);
  }

  #remove(key: string): void {
    this.#entries.get(key)?.dispose();
    this.#entries.delete(key);
  }
}
