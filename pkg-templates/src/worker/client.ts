import { throwIfAborted } from '../abort.js';
import { dispose } from '../dispose.js';
import { StganError, wrap } from '../errors.js';
import { openFrameSource, type TrackSource } from '../frame-sources.js';
import type { GlassesOptions, PreparedGlasses } from '../glasses.js';
import type { ImageSource } from '../images.js';
import type { LocatedFace } from '../locate.js';
import { readTrackOptions } from '../options.js';
import type { URL as PlatformUrl, Worker as PlatformWorker } from '../platform.js';
import type { TrackOptions } from '../track-types.js';
import type { CreateOptions, FitOptions, Model } from '../tryon-types.js';
import { canvasMessage } from './canvas.js';
import { Connection } from './connection.js';
import { createFit, createGlasses, handleOf, type WorkerFit, WorkerGlasses } from './objects.js';
import { PhotoSender } from './photos.js';
import type { GlassesMessage, Requests } from './protocol.js';
import { createTrack, type WorkerTrack } from './track.js';
import { glassesMessage, imageMessage, type Message, sourceMessage } from './transfer.js';

/** Options of `TryOn.create` for a worker. */
export interface WorkerOptions extends Omit<CreateOptions, 'worker'> {
  /**
   * The worker that computes.
   *
   * - `true`: the package's own worker. Its script must have the origin of the page.
   * - A URL of a script with the one line `import '…/dist/worker.js';`, for a package on another
   *   origin. The URL refers to the page and must have its origin.
   * - A `Worker` that runs the module `stgan/worker`.
   *
   * `dispose` ends the worker.
   */
  worker: true | string | PlatformUrl | PlatformWorker;
}

/**
 * A `TryOn` whose work is done in a worker. Methods that return values at once on the main thread
 * return promises: `await fit.composite()` works with both. Buffers are copied to the worker, and
 * results are transferred back. The worker keeps the last photo that was a `Blob` or `ImageBitmap`:
 * if `locate` or `fit` gets it again, it is neither sent nor decoded again.
 *
 * `dispose` ends the worker: its fits, tracks and glasses cannot be used after that.
 */
export class WorkerTryOn {
  /** The properties of the loaded weights. */
  readonly model: Model;
  readonly #connection: Connection;
  readonly #photos: PhotoSender;

  /** @internal */
  constructor(connection: Connection, model: Model) {
    this.#connection = connection;
    this.#photos = new PhotoSender(connection);
    this.model = model;
  }

  /**
   * Loads the model in a worker, as `TryOn.create` with the option `worker`. A page without
   * `TryOn.create` is smaller by the code that computes on the main thread.
   *
   * @param options - As of `TryOn.create`; `worker` is `true` by default.
   * @throws {@link StganError} as `TryOn.create`.
   */
  static async create(options: Partial<WorkerOptions> = {}): Promise<WorkerTryOn> {
    const { worker = true, ...rest } = options ?? {};
    return createInWorker({ ...rest, worker });
  }

  /**
   * Prepares a product photo, as `TryOn.glasses`.
   *
   * @throws {@link StganError} as `TryOn.glasses`; `worker` if the worker has failed.
   */
  async glasses(source: ImageSource | PreparedGlasses, options: GlassesOptions = {}): Promise<WorkerGlasses> {
    const { signal, ...rest } = options ?? {};
    const { value, transfer } = await glassesMessage(source);
    const observer = { signal, work: 'preparing the glasses' };
    const info = await this.#connection.request('glasses', { source: value, options: rest }, transfer, observer);
    return createGlasses(this.#connection, info);
  }

  /**
   * Prepares a product photo of furniture, as `TryOn.furniture`.
   *
   * @throws {@link StganError} as `TryOn.furniture`; `worker` if the worker has failed.
   */
  async furniture(source: ImageSource): Promise<WorkerGlasses> {
    const { value, transfer } = await imageMessage(source, 'the furniture');
    const info = await this.#connection.request('furniture', { source: value }, transfer);
    return createGlasses(this.#connection, info);
  }

  /**
   * Fits glasses to a face in a photo, as `TryOn.fit`.
   *
   * @throws {@link StganError} as `TryOn.fit`; `worker` if the worker has failed.
   */
  async fit(photo: ImageSource, glasses: ImageSource | WorkerGlasses, options: FitOptions = {}): Promise<WorkerFit> {
    const { signal, ...rest } = options ?? {};
    const [image, worn] = await Promise.all([imageMessage(photo, 'the photo'), this.#openGlasses(glasses)]);
    const photoMessage = this.#photos.send(photo, image);
    const request = { photo: photoMessage.value, glasses: worn.value, options: rest };
    const transfer = [...photoMessage.transfer, ...worn.transfer];
    const info = await this.#connection.request('fit', request, transfer, { signal, work: 'the fit' });
    return createFit(this.#connection, info);
  }

  /**
   * Detects the faces in a photo, as `TryOn.locate`.
   *
   * @throws {@link StganError} as `TryOn.locate`; `worker` if the worker has failed.
   */
  async locate(photo: ImageSource): Promise<LocatedFace[]> {
    const image = await imageMessage(photo, 'the photo');
    const { value, transfer } = this.#photos.send(photo, image);
    return this.#connection.request('locate', { photo: value }, transfer);
  }

  /**
   * Keeps glasses on the faces of a video, as `TryOn.track`. The page reads the source and sends
   * video frames to the worker. A canvas element is transferred to the worker for good, so it must
   * have no context, and can only be used for other tracks of this object.
   *
   * @throws {@link StganError} as `TryOn.track`; `worker` if the worker has failed.
   */
  async track(
    source: TrackSource,
    glasses: ImageSource | WorkerGlasses,
    options: TrackOptions = {},
  ): Promise<WorkerTrack> {
    const read = readTrackOptions(options);
    const connection = this.#connection;
    const { people, updates, budget, pupilDistanceMm } = read;
    const worn = await this.#openGlasses(glasses);
    const canvas = read.canvas && canvasMessage(read.canvas, connection);
    const request = {
      glasses: worn.value,
      options: { people, updates, budget, pupilDistanceMm },
      canvas: canvas?.value,
    };
    const transfer = [...worn.transfer, ...(canvas?.transfer ?? [])];
    const { handle, glasses: info } = await connection.request('track', request, transfer);
    try {
      const frames = await openFrameSource(source);
      const openGlasses = (next: ImageSource | WorkerGlasses): Promise<Message<GlassesMessage>> =>
        this.#openGlasses(next);
      return createTrack({ connection, handle, glasses: info, source: frames, openGlasses }, read);
    } catch (error) {
      connection.release(handle);
      throw error;
    }
  }

  /**
   * Ends the worker, which frees all its memory. Requests that wait for it, and its fits, tracks
   * and glasses, fail with `disposed`. Further calls have no effect.
   */
  dispose(): void {
    this.#connection.end(new StganError('disposed', 'the TryOn has been disposed; create a new one'));
  }

  /** Calls `dispose`; for `using` declarations. */
  [dispose](): void {
    this.dispose();
  }

  async #openGlasses(glasses: ImageSource | WorkerGlasses): Promise<Message<GlassesMessage>> {
    if (glasses instanceof WorkerGlasses)
      return { value: { handle: handleOf(glasses, this.#connection) }, transfer: [] };
    const { value, transfer } = await imageMessage(glasses, 'the glasses');
    return { value: { image: value }, transfer };
  }
}

/**
 * Implements `TryOn.create` for a worker.
 *
 * @internal
 * @throws {@link StganError} as `TryOn.create`; `worker` if the worker cannot be started.
 */
export async function createInWorker(options: WorkerOptions): Promise<WorkerTryOn> {
  const { worker, signal, onProgress, ...files } = options;
  throwIfAborted(signal, 'loading');
  const connection = new Connection(startWorker(worker));
  try {
    const request = await filesMessage(files);
    const model = await connection.request('create', request, [], { signal, onProgress, work: 'loading' });
    return new WorkerTryOn(connection, model);
  } catch (error) {
    const failure = wrap(error, 'internal', 'loading failed');
    connection.end(failure);
    throw failure;
  }
}

/** Converts the sources of files to values that can be cloned. */
async function filesMessage(files: Requests['create']['request']): Promise<Requests['create']['request']> {
  const entries = Object.entries(files).map(async ([name, source]) => {
    const isFile = name !== 'task' && source !== undefined && typeof source !== 'boolean';
    return [name, isFile ? await sourceMessage(source) : source] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function startWorker(worker: WorkerOptions['worker']): Worker {
  if (typeof Worker !== 'function')
    throw new StganError('worker', 'this platform has no Worker; create the TryOn without the option worker');
  if (worker instanceof Worker) return worker;
  try {
    if (typeof worker === 'string' || worker instanceof URL)
      return new Worker(worker, { type: 'module', name: 'stgan' });
    // Bundlers recognise exactly this expression.
    return new Worker(new URL('../worker.js', import.meta.url), { type: 'module', name: 'stgan' });
  } catch (error) {
    throw wrap(error, 'worker', 'the worker cannot be started; its script must have the origin of the page');
  }
}
