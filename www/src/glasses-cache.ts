/** The glasses that the worker has loaded, and prepared for the model. */
import type { Glasses, TryOn } from 'stgan';
import { ImageError, measured, readPixels } from './images.ts';
import type { GlassesInfo, Source } from './protocol.ts';

interface Loaded {
  readonly pixels: ImageData;
  readonly info: GlassesInfo;
}

interface Prepared {
  readonly tryOn: TryOn;
  readonly glasses: Promise<Glasses>;
}

export class GlassesCache {
  readonly #loaded = new Map<string, Promise<Loaded>>();
  readonly #prepared = new Map<string, Prepared>();

  /** Pixels and size of glasses. `source` is read if they are not loaded. */
  load(id: string, source?: Source): Promise<Loaded> {
    const known = this.#loaded.get(id);
    if (known) return known;
    if (!source) return Promise.reject(new ImageError('stale', `the glasses ${id} are not loaded`));
    const loading = readPixels(source).then(async (pixels) => ({ pixels, info: await measured(pixels) }));
    this.#loaded.set(id, loading);
    // A later request tries a failed download again.
    loading.catch(() => this.#loaded.delete(id));
    return loading;
  }

  /**
   * Glasses for fits with this model. Images from the gallery and corrected ones have the alpha
   * that they should have.
   */
  async prepared(id: string, tryOn: TryOn, source?: Source): Promise<Glasses> {
    const { pixels } = await this.load(id, source);
    const known = this.#prepared.get(id);
    if (known?.tryOn === tryOn) return known.glasses;
    const glasses = tryOn.glasses(pixels, { cutOut: 'never' });
    this.#prepared.set(id, { tryOn, glasses });
    glasses.catch(() => this.#prepared.delete(id));
    return glasses;
  }

  /** Stores glasses that the model has prepared. */
  async add(id: string, tryOn: TryOn, glasses: Glasses): Promise<void> {
    const pixels = glasses.image;
    const info = await measured(pixels);
    this.#loaded.set(id, Promise.resolve({ pixels, info }));
    this.#prepared.set(id, { tryOn, glasses: Promise.resolve(glasses) });
  }

  /** Frees glasses. Unknown ones are ignored. */
  delete(id: string): void {
    const prepared = this.#prepared.get(id);
    this.#loaded.delete(id);
    this.#prepared.delete(id);
    // A failure to prepare them has been reported.
    prepared?.glasses.then((glasses) => glasses.dispose()).catch(() => {});
  }
}
