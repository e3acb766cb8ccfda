/** Calls the functions of the worker that decodes, draws and encodes images. */
import { ImageError } from './image-error.ts';
import type { Answer, ImageFunctions } from './image-worker.ts';

type Name = keyof ImageFunctions;

interface Pending {
  resolve(result: never): void;
  reject(error: ImageError): void;
}

export class ImageClient {
  readonly #worker = new Worker(new URL('./image-worker.ts', import.meta.url), { type: 'module', name: 'images' });
  readonly #pending = new Map<number, Pending>();
  #calls = 0;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const pending = this.#pending.get(data.id);
      this.#pending.delete(data.id);
      if ('failure' in data) pending?.reject(new ImageError(data.failure.code, data.failure.message));
      else pending?.resolve(data.result as never);
    };
    // The script did not load, or an error occurred outside any call.
    this.#worker.onerror = (event) => {
      const error = new ImageError('worker', event.message || 'the worker did not start');
      for (const { reject } of this.#pending.values()) reject(error);
      this.#pending.clear();
    };
  }

  /** Calls a function. `transfer` lists buffers of the arguments to transfer instead of copying. */
  call<K extends Name>(
    name: K,
    args: Parameters<ImageFunctions[K]>,
    transfer: Transferable[] = [],
  ): ReturnType<ImageFunctions[K]> {
    const id = ++this.#calls;
    const result = new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, args }, transfer);
    });
    return result as ReturnType<ImageFunctions[K]>;
  }
}
