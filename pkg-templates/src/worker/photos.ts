/** The photos of a worker. The page sends a photo that cannot change only once. */
import { hasCanvas } from '../canvas.js';
import type { ImageSource } from '../images.js';
import { typeName } from '../type-name.js';
import type { Connection } from './connection.js';
import type { PhotoMessage } from './protocol.js';
import type { Message } from './transfer.js';

/** Sends photos to a worker. The worker keeps the last one that cannot change. */
export class PhotoSender {
  readonly #connection: Connection;
  #count = 0;
  #kept: WeakRef<object> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Returns the message for a converted photo. A blob or bitmap is sent here, unless it was the
   * last one. The request with the message must follow at once.
   */
  send(photo: ImageSource, { value: image, transfer }: Message<ImageSource>): Message<PhotoMessage> {
    if (!['Blob', 'File', 'ImageBitmap'].includes(typeName(photo))) return { value: { image }, transfer };
    if (this.#kept?.deref() !== photo) {
      this.#kept = new WeakRef(photo);
      // The request that uses the photo reports a failure.
      this.#connection.request('photo', { photo: ++this.#count, image }).catch(() => {});
    }
    return { value: { kept: this.#count }, transfer: [] };
  }
}

/** A photo of the worker, and how many requests and fits read it. */
interface StoredPhoto {
  image: Promise<ImageSource>;
  users: number;
}

/** A photo in use. */
export interface PhotoUse {
  readonly image: ImageSource;
  /** Frees the photo after its last use. */
  close(): void;
}

/** Keeps the photos of a worker: the last one that was sent to be kept, and those in use. */
export class PhotoStore {
  #kept: { id: number; photo: StoredPhoto } | undefined;

  /** Keeps a photo instead of the last one. An encoded photo is decoded once. */
  keep(id: number, image: ImageSource): void {
    const last = this.#kept?.photo;
    this.#kept = { id, photo: { image: decoded(image), users: 1 } };
    if (last) this.#release(last);
  }

  /** Opens the photo of a message. The caller closes it. */
  async use(message: PhotoMessage): Promise<PhotoUse> {
    const photo = 'image' in message ? { image: Promise.resolve(message.image), users: 0 } : this.#find(message.kept);
    photo.users++;
    return { image: await photo.image, close: () => this.#release(photo) };
  }

  #find(id: number): StoredPhoto {
    if (this.#kept?.id !== id) throw new Error(`the worker has no photo ${id}`);
    return this.#kept.photo;
  }

  #release(photo: StoredPhoto): void {
    if (--photo.users > 0) return;
    photo.image.then((image) => {
      if (image instanceof ImageBitmap) image.close();
    });
  }
}

/** Decodes an encoded photo. The request that uses a photo reports that it cannot be decoded. */
async function decoded(image: ImageSource): Promise<ImageSource> {
  if (!(image instanceof Blob) || !hasCanvas()) return image;
  return createImageBitmap(image, { imageOrientation: 'from-image' }).catch(() => image);
}
