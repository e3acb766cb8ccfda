import type * as wasm from '../wasm/stgan.js';
import { untilAborted } from './abort.js';
import { contentHash } from './content-hash.js';
import type { Decoder } from './decoder.js';
import { call, type InstanceId, release } from './engine.js';
import { StganError, wrap } from './errors.js';
import { createGlasses, Glasses, type GlassesOptions, imageOf, type PreparedGlasses, shareGlasses } from './glasses.js';
import { type ImageSource, openImage } from './images.js';
import { Lazy } from './lazy.js';
import { readBytes, unobserved } from './load.js';
import { NETWORK_MEMORY, requireMemory } from './memory.js';
import { describe, isPrepared, readGlassesOptions, readPreparedGlasses, requireTask } from './options.js';
import type { PredefinedColorSpace } from './platform.js';
import { PreparedImage, preparedBytes } from './prepared.js';
import { RememberedGlasses } from './remembered.js';
import type { Task } from './tryon-types.js';

/** All pixels of an image, as wasm reads them. */
interface Product {
  data: Uint8Array<ArrayBuffer>;
  width: number;
  height: number;
  colorSpace: PredefinedColorSpace;
}

/** How error messages name the image. */
const LABELS: Readonly<Record<Task, string>> = { glasses: 'the glasses', room: 'the furniture' };

type CutOutOption = NonNullable<GlassesOptions['cutOut']>;

/**
 * Prepares images of glasses. The network that removes backgrounds is loaded with the first image
 * that needs it.
 *
 * @internal
 */
export class GlassesPreparer {
  readonly #instance: InstanceId;
  readonly #task: Task;
  readonly #decoder: Decoder;
  readonly #network: Lazy<wasm.CutOut>;
  readonly #remembered = new RememberedGlasses();
  #isDisposed = false;

  constructor(instance: InstanceId, task: Task, decoder: Decoder, readWeights: () => Promise<Uint8Array>) {
    this.#instance = instance;
    this.#task = task;
    this.#decoder = decoder;
    this.#network = new Lazy(async () => {
      try {
        const tensors = await readWeights();
        requireMemory(instance, NETWORK_MEMORY * tensors.length, 'the cut-out network');
        return call(instance, ({ CutOut }) => new CutOut(tensors));
      } catch (error) {
        throw wrap(error, 'internal', 'the cut-out network cannot be loaded');
      }
    });
  }

  /** Implements `TryOn.glasses`. */
  async prepare(source: ImageSource | PreparedGlasses | Glasses, options: GlassesOptions): Promise<Glasses> {
    const { cutOut, widthMm, signal } = readGlassesOptions(options);
    const aborted = (): StganError =>
      new StganError('aborted', 'preparing the glasses was aborted', { cause: signal?.reason });
    if (signal?.aborted) throw aborted();
    if (source instanceof Glasses) return this.#share(source, widthMm);
    const work = isPrepared(source)
      ? this.#restore(source, widthMm, signal)
      : this.#read(source).then(async (product) =>
          createGlasses({ image: await this.#prepare(product, cutOut), widthMm }),
        );
    try {
      return await untilAborted(work, signal);
    } catch (error) {
      // The work continues after an abort, and its result is not needed.
      work.then((glasses) => glasses.dispose()).catch(() => {});
      throw signal?.aborted ? aborted() : error;
    }
  }

  /**
   * Opens the glasses of a fit or a track. An image is prepared, and remembered for the same
   * pixels. The caller disposes of the result.
   */
  async open(source: ImageSource | Glasses): Promise<Glasses> {
    if (source instanceof Glasses) return this.#share(source);
    const product = await this.#read(source);
    const { data, width, height, colorSpace } = product;
    const key = [width, height, colorSpace, contentHash(data)].join();
    const known = this.#remembered.get(key);
    if (known) return createGlasses({ image: known });
    const image = this.#task === 'glasses' ? await this.#prepare(product, 'auto') : this.#openFurniture(product);
    const glasses = createGlasses({ image });
    if (!this.#isDisposed) this.#remembered.add(key, image);
    return glasses;
  }

  /** Frees the memory. Glasses that were handed out stay usable. */
  dispose(): void {
    this.#isDisposed = true;
    this.#remembered.clear();
    this.#network.drop((network) => release(this.#instance, network));
  }

  #share(glasses: Glasses, widthMm?: number): Glasses {
    requireTask(this.#task, imageOf(glasses, this.#instance).task, 'the glasses');
    return shareGlasses(glasses, this.#instance, widthMm);
  }

  async #read(source: ImageSource): Promise<Product> {
    const image = await openImage(source, LABELS[this.#task], this.#decoder);
    try {
      const { width, height, colorSpace } = image;
      const { buffer } = image.read({ x: 0, y: 0, width, height });
      return { data: new Uint8Array(buffer), width, height, colorSpace };
    } finally {
      image.close();
    }
  }

  async #prepare(product: Product, cutOut: CutOutOption): Promise<PreparedImage> {
    const { data, width, height, colorSpace } = product;
    const instance = this.#instance;
    requireMemory(instance, memoryOf(product), 'the glasses');
    const isToBeCut =
      cutOut === 'always' ||
      (cutOut === 'auto' && call(instance, ({ Glasses }) => Glasses.needsRemoval(data, width, height)));
    if (!isToBeCut) {
      const handle = call(instance, ({ Glasses }) => new Glasses(data, width, height));
      return new PreparedImage(instance, handle, colorSpace);
    }
    this.#requireUndisposed();
    const network = await this.#network.get();
    this.#requireUndisposed();
    requireMemory(instance, memoryOf(product), 'the glasses');
    const handle = call(instance, () => network.glasses(data, width, height));
    return new PreparedImage(instance, handle, colorSpace);
  }

  /** Removes the even ground of an image of furniture. */
  #openFurniture(product: Product): PreparedImage {
    const { data, width, height, colorSpace } = product;
    requireMemory(this.#instance, memoryOf(product), 'the furniture');
    const handle = call(this.#instance, ({ Glasses }) => Glasses.furniture(data, width, height));
    return new PreparedImage(this.#instance, handle, colorSpace, this.#task);
  }

  async #restore(entry: PreparedGlasses, widthMm?: number, signal?: AbortSignal): Promise<Glasses> {
    const { image, size, ...known } = readPreparedGlasses(entry);
    const isUrl = typeof image === 'string' || image instanceof URL;
    const product = await this.#read(isUrl ? await readBytes(image, unobserved(signal)) : image);
    const { data, width, height, colorSpace } = product;
    if (width !== (size.width ?? width) || height !== (size.height ?? height)) {
      const stated = `${describe(size.width ?? width)}×${describe(size.height ?? height)}`;
      throw new StganError(
        'image-size',
        `the image of the prepared glasses has ${width}×${height} pixels, but its entry states ${stated}; prepare it again`,
      );
    }
    const instance = this.#instance;
    requireMemory(instance, memoryOf(product), 'the glasses');
    const handle = call(instance, ({ Glasses }) => Glasses.restored(data, width, height));
    const prepared = new PreparedImage(instance, handle, colorSpace);
    return createGlasses({ image: prepared, ...known, widthMm: widthMm ?? known.widthMm });
  }

  #requireUndisposed(): void {
    if (this.#isDisposed) throw new StganError('disposed', 'the TryOn has been disposed; create a new one');
  }
}

/**
 * An upper bound of the wasm memory in bytes that the preparation of an image takes beside the
 * networks: three copies of the image, the result, and about a word for each pixel.
 */
function memoryOf({ width, height }: Product): number {
  return 16 * width * height + preparedBytes(width * height);
}
