import type { PreparedImage } from './prepared.js';

/** The largest number of remembered glasses. */
const MAX_COUNT = 8;

/** The largest number of pixels of all remembered glasses. */
const MAX_PIXELS = 8_000_000;

/**
 * The glasses that were last prepared from images, so that another fit with the same pixels need
 * not prepare them.
 *
 * @internal
 */
export class RememberedGlasses {
  /** In the order of their last use. */
  readonly #entries = new Map<string, PreparedImage>();

  get(key: string): PreparedImage | undefined {
    const image = this.#entries.get(key);
    if (!image) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, image);
    return image;
  }

  /** Keeps `image`, and drops those that have not been used for the longest time. */
  add(key: string, image: PreparedImage): void {
    this.#remove(key);
    this.#entries.set(key, image.retain());
    let total = 0;
    for (const { width, height } of this.#entries.values()) total += width * height;
    for (const [oldest, { width, height }] of this.#entries) {
      if (this.#entries.size <= MAX_COUNT && total <= MAX_PIXELS) break;
      total -= width * height;
      this.#remove(oldest);
    }
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.#remove(key);
  }

  #remove(key: string): void {
    this.#entries.get(key)?.release();
    this.#entries.delete(key);
  }
}
