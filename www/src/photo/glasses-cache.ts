/** The glasses that are loaded, and prepared by the model. */
import type { WorkerGlasses, WorkerTryOn } from 'stgan';
import type { ImageClient } from '../image-client.ts';
import { ImageError } from '../image-error.ts';
import { read } from '../sources.ts';
import type { ForegroundInfo, Source } from '../types.ts';

interface Loaded {
  readonly pixels: ImageData;
  readonly info: ForegroundInfo;
}

interface Prepared {
  readonly tryOn: WorkerTryOn;
  readonly glasses: Promise<WorkerGlasses>;
}

export class GlassesCache {
  readonly #images: ImageClient;
  readonly #loaded = new Map<string, Promise<Loaded>>();
  readonly #prepared = new Map<string, Prepared>();

  constructor(images: ImageClient) {
    this.#images = images;
  }

  /** Pixels and size of glasses. `source` is read if they are not loaded. */
  load(id: string, source?: Source): Promise<Loaded> {
    const known = this.#loaded.get(id);
    if (known) return known;
    if (!source) return Promise.reject(new ImageError('stale', `the glasses ${id} are not loaded`));
    const loading = read(source).then((file) => this.#images.call('foreground', [file]));
    this.#loaded.set(id, loading);
    // A later request tries a failed download again.
    loading.catch(() => this.#loaded.delete(id));
    return loading;
  }

  /**
   * Glasses for fits with this model. Images from the gallery and corrected ones have the alpha
   * that they should have.
   */
  async prepared(id: string, tryOn: WorkerTryOn, source?: Source): Promise<WorkerGlasses> {
    const { pixels } = await this.load(id, source);
    const known = this.#prepared.get(id);
    if (known?.tryOn === tryOn) return known.glasses;
    const glasses = tryOn.glasses(pixels, { cutOut: 'never' });
    this.#prepared.set(id, { tryOn, glasses });
    glasses.catch(() => this.#prepared.delete(id));
    return glasses;
  }

  /** Stores glasses that the model has prepared. */
  async add(id: string, tryOn: WorkerTryOn, glasses: WorkerGlasses): Promise<void> {
    const pixels = await glasses.image;
    const { width, height } = pixels;
    const info = { width, height, box: glasses.bounds, display: await createImageBitmap(pixels) };
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
