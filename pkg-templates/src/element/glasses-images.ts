import type { ImageSource } from '../images.js';
import { toBitmap } from './photo.js';
import { type LabelledGlasses, loadImage } from './values.js';

/** The images of a list of glasses, each loaded when it is first needed. */
export class GlassesImages {
  readonly #draw: (index: number, image: ImageBitmap) => void;
  #items: readonly LabelledGlasses[] = [];
  #loading: (Promise<ImageSource> | undefined)[] = [];
  #controller = new AbortController();
  #hasThumbnails = false;

  /** `draw` receives the thumbnails. */
  constructor(draw: (index: number, image: ImageBitmap) => void) {
    this.#draw = draw;
  }

  get labels(): readonly (string | undefined)[] {
    return this.#items.map(({ label }) => label);
  }

  /** Replaces the list. Returns whether it is another one. */
  set(items: readonly LabelledGlasses[]): boolean {
    if (items === this.#items || items.length + this.#items.length === 0) return false;
    this.#controller.abort();
    this.#controller = new AbortController();
    this.#items = items;
    this.#loading = [];
    this.#hasThumbnails = false;
    return true;
  }

  /** The image at an index, loaded; undefined if there is none. */
  at(index: number): Promise<ImageSource> | undefined {
    const item = this.#items[index];
    if (!item) return undefined;
    const known = this.#loading[index];
    if (known) return known;
    const loading = loadImage(item.image, this.#controller.signal);
    this.#loading[index] = loading;
    // A failed download is tried again.
    loading.catch(() => {
      if (this.#loading[index] === loading) this.#loading[index] = undefined;
    });
    return loading;
  }

  /** Draws the thumbnails of a list with several pairs. An image that fails has none. */
  loadThumbnails(): void {
    if (this.#hasThumbnails || this.#items.length < 2) return;
    this.#hasThumbnails = true;
    const { signal } = this.#controller;
    for (const index of this.#items.keys()) {
      const draw = async (): Promise<void> => {
        const bitmap = await toBitmap((await this.at(index)) as ImageSource);
        if (!signal.aborted) this.#draw(index, bitmap);
        bitmap.close();
      };
      draw().catch(() => {});
    }
  }
}
