import type * as wasm from '../wasm/stgan.js';
import { throwIfAborted, untilAborted } from './abort.js';
import { Decoder } from './decoder.js';
import { dispose } from './dispose.js';
import { call, type InstanceId, needsModule, release, startEngine } from './engine.js';
import { StganError, wrap } from './errors.js';
import { loadFile, type PackageFile } from './files.js';
import { createFit, type Fit } from './fit.js';
import { type FrameSource, openFrameSource, type TrackSource } from './frame-sources.js';
import { type Glasses, type GlassesOptions, imageOf, type PreparedGlasses } from './glasses.js';
import { bands, type ImageSource, openImage, type SourceImage } from './images.js';
import { Lazy } from './lazy.js';
import { type BytesSource, type Download, type Progress, readBytes, unobserved } from './load.js';
import { type FacePlacement, type LocatedFace, Locator } from './locate.js';
import { NETWORK_MEMORY, requireMemory } from './memory.js';
import { compile } from './module.js';
import {
  checkSignal,
  type ReadFitOptions,
  readCallback,
  readFitOptions,
  readOptions,
  readTask,
  readTrackOptions,
  requireTask,
} from './options.js';
import { GlassesPreparer } from './preparation.js';
import { createTrack, type Track } from './track.js';
import type { TrackOptions } from './track-types.js';
import type { CreateOptions, FitOptions, Model, Task } from './tryon-types.js';
import type { WorkerOptions, WorkerTryOn } from './worker/client.js';

/** The options of a `TryOn` on this thread. */
type FileOptions = Omit<CreateOptions, 'worker'>;

const FILE_KEYS = ['task', 'wasm', 'weights', 'locator', 'cutOut', 'decoder', 'cache', 'signal', 'onProgress'] as const;

/** The weights of each task. */
const FILES: Readonly<Record<Task, PackageFile>> = { glasses: 'weights', room: 'room' };

/** The wasm memory that a fit takes beside the photo and the glasses, in bytes. */
const FIT_MEMORY = 16e6;

/**
 * A loaded model. It fits glasses to faces in photos and videos, or furniture to rooms. It owns
 * memory outside the JavaScript heap; call `dispose` (or declare it with `using`) after use.
 */
export class TryOn {
  /** The properties of the loaded weights. */
  readonly model: Model;
  readonly #instance: InstanceId;
  readonly #decoder: Decoder;
  readonly #locator: Lazy<Locator>;
  readonly #preparer: GlassesPreparer;
  #networks: wasm.TryOn | undefined;

  private constructor(instance: InstanceId, task: Task, networks: wasm.TryOn, options: FileOptions) {
    if (!networks) throw new StganError('argument', 'a TryOn is created by TryOn.create');
    const { decoder, locator, cutOut, cache } = options;
    this.#instance = instance;
    this.#networks = networks;
    this.#decoder = new Decoder(decoder);
    const open = (name: PackageFile, source: BytesSource | undefined): Promise<Uint8Array> => {
      const download = unobserved();
      return loadFile({ name, source, cache, download }, (from) => readBytes(from, download));
    };
    this.#locator = new Lazy(() => loadLocator(instance, open('locator', locator)));
    this.#preparer = new GlassesPreparer(instance, task, this.#decoder, () => open('cutOut', cutOut));
    this.model = { ...call(instance, () => networks.model()), task };
  }

  /**
   * Loads the wasm module and the weights in parallel. It works in pages, in workers and in Node.
   * It may be called repeatedly; all `TryOn` objects of a page, worker or process share one wasm
   * module.
   *
   * @param options - Where to load the files from; the package's own files by default.
   * @throws {@link StganError} `fetch` if a file cannot be read, `wasm` or `weights` if its content
   * is wrong, `argument` for an option, `callback` if `onProgress` throws, `aborted` if the signal
   * was aborted, `out-of-memory`, `worker` if a worker was requested and cannot be started.
   *
   * @example
   * ```ts
   * const tryOn = await TryOn.create({
   *   onProgress: ({ phase, loaded, total }) => console.log(phase, loaded, total),
   * });
   * ```
   */
  static create(options: WorkerOptions): Promise<WorkerTryOn>;
  static create(options?: CreateOptions): Promise<TryOn>;
  static async create(options: CreateOptions | WorkerOptions = {}): Promise<TryOn | WorkerTryOn> {
    const { worker } = readOptions<CreateOptions | WorkerOptions, 'worker'>(options, ['worker']);
    if (worker) return (await import('./worker/client.js')).createInWorker(options as WorkerOptions);
    return TryOn.#create(options as FileOptions);
  }

  static async #create(options: FileOptions): Promise<TryOn> {
    const read = readOptions(options, FILE_KEYS);
    const { wasm, weights, cache, signal } = read;
    checkSignal(signal);
    const task = readTask(read.task);
    const onProgress = readCallback('onProgress', read.onProgress);
    // Cancels the downloads when the caller aborts and when one of them fails.
    const controller = new AbortController();
    const download = (phase: Progress['phase']): Download => ({
      signal: controller.signal,
      report: (loaded, total) => onProgress?.(total === undefined ? { phase, loaded } : { phase, loaded, total }),
    });
    try {
      const compileModule = (observed = download('wasm')): Promise<WebAssembly.Module> =>
        loadFile({ name: 'wasm', source: wasm, cache, download: observed }, (from) => compile(from, observed));
      const readWeights = (observed = download('weights')): Promise<Uint8Array> =>
        loadFile({ name: FILES[task], source: weights, cache, download: observed }, (from) =>
          readBytes(from, observed),
        );
      const loaded = Promise.all([needsModule() ? compileModule() : undefined, readWeights()]);
      const [module, tensors] = await untilAborted(loaded, signal).catch((error: unknown) => {
        controller.abort();
        throw error;
      });
      const instance = await startEngine(module);
      signal?.throwIfAborted();
      requireMemory(instance, NETWORK_MEMORY * tensors.length, 'the weights');
      const networks = call(instance, (bindings) => new bindings.TryOn(tensors, task));
      return new TryOn(instance, task, networks, read);
    } catch (error) {
      if (signal?.aborted) throw new StganError('aborted', 'loading was aborted', { cause: signal.reason });
      throw wrap(error, 'internal', 'loading failed');
    }
  }

  /**
   * Prepares a product photo of glasses for any number of fits and tracks. An opaque background is
   * removed: lenses become see-through, temple arms and shadows disappear, and slightly rotated
   * glasses are straightened. A transparent background is kept and cleaned of leftovers.
   *
   * @param source - A product photo, or an entry of the manifest that `stgan glasses` wrote. A
   * relative URL in an entry refers to the page.
   * @param options - Whether to remove the background, and the real width of the glasses.
   * @throws {@link StganError} `no-glasses-found`, `busy-ground`, `not-a-front-view` or `too-small`
   * if the background is to be removed and cannot be; `empty-glasses`, `decode`, `image-size`,
   * `image-too-large` or `unsupported-image` for the image; `argument` for an option; the error
   * that an entry has; `task` for furniture; `fetch` if the image of an entry or the cut-out
   * network cannot be read, `weights` if the network is invalid, `aborted` if the signal was
   * aborted, `disposed` after `dispose`.
   *
   * @example
   * ```ts
   * using glasses = await tryOn.glasses(file);
   * context.putImageData(glasses.image, 0, 0);
   * if (glasses.report.warnings.includes('uncertain')) askForApproval();
   * using fit = await tryOn.fit(photo, glasses);
   * ```
   */
  async glasses(source: ImageSource | PreparedGlasses, options: GlassesOptions = {}): Promise<Glasses> {
    this.#requireFaces('TryOn.glasses');
    return this.#preparer.prepare(source, options);
  }

  /**
   * Prepares a product photo of a piece of furniture for any number of fits, for the task `room`.
   * The even ground of an opaque image becomes transparent, with soft shadows on it. An image with
   * transparency is used as it is.
   *
   * @param source - A photo on white or on another even ground, or an image with transparency.
   * @returns A `Glasses` that holds the furniture. Its `report` and `lensCentres` have no meaning.
   * @throws {@link StganError} `busy-ground` or `no-furniture-found` if the ground cannot be
   * removed; `empty-furniture`, `decode`, `image-size`, `image-too-large` or `unsupported-image`
   * for the image; `task` for glasses; `disposed` after `dispose`; `out-of-memory`.
   *
   * @example
   * ```ts
   * using sofa = await room.furniture(file);
   * context.putImageData(sofa.image, 0, 0);
   * ```
   */
  async furniture(source: ImageSource): Promise<Glasses> {
    this.#requireNetworks();
    requireTask(this.model.task, 'room', 'TryOn.furniture');
    return this.#preparer.open(source);
  }

  /**
   * Fits glasses to a face in a photo. Without a placement it starts from the first face that
   * `locate` finds. For the task `room` it fits a piece of furniture to a room, from the required
   * placement.
   *
   * @param photo - The photo.
   * @param glasses - Prepared glasses, or for the task `room` prepared furniture; or an image of
   * them. An image is prepared as by {@link TryOn.glasses} or {@link TryOn.furniture}, and
   * remembered for the same pixels: another fit with it only reads them.
   * @param options - The initial placement and the number of updates.
   * @throws {@link StganError} `no-face` if there is no placement and no face, `placement`,
   * `argument`, `decode`, `image-size`, `image-too-large` or `unsupported-image` for the inputs,
   * the errors of `glasses` or `furniture`, `task` for glasses of another task, `fetch` or
   * `weights` if the face locator cannot be loaded, `aborted` if the signal was aborted, `disposed`
   * after `dispose` and for disposed glasses, `out-of-memory`.
   *
   * @example On the first face
   * ```ts
   * using fit = await tryOn.fit(photo, glasses);
   * context.putImageData(fit.composite(), 0, 0);
   * ```
   *
   * @example At a position in pixels of the photo
   * ```ts
   * const placement = { x: 412, y: 300, width: 260, rotation: 4 };
   * using fit = await tryOn.fit(photo, glasses, { placement });
   * ```
   *
   * @example Furniture in a room
   * ```ts
   * using room = await TryOn.create({ task: 'room' });
   * using fit = await room.fit(photo, sofa, { placement: { x: 600, y: 540, width: 420 } });
   * context.putImageData(fit.composite({ shadow: true }), 0, 0);
   * ```
   */
  async fit(photo: ImageSource, glasses: ImageSource | Glasses, options: FitOptions = {}): Promise<Fit> {
    this.#requireNetworks();
    const read = readFitOptions(options);
    const { placement, pupils, signal } = read;
    if (!placement && this.model.task === 'room')
      throw new StganError('placement', 'furniture needs options.placement: { x, y, width } in pixels of the photo');
    const photoImage = await openImage(photo, 'the photo', this.#decoder);
    let prepared: Glasses | undefined;
    try {
      throwIfAborted(signal, 'the fit');
      prepared = await this.#preparer.open(glasses);
      throwIfAborted(signal, 'the fit');
      if (placement) return this.#fit(photoImage, prepared, { ...read, placement, pupils });
      const face = await this.#firstFace(photoImage);
      throwIfAborted(signal, 'the fit');
      const [a, b] = face.pupils;
      const located = pupils ?? Float64Array.of(a.x, a.y, b.x, b.y);
      return this.#fit(photoImage, prepared, { ...read, placement: face.placement, pupils: located });
    } catch (error) {
      prepared?.dispose();
      photoImage.close();
      throw error;
    }
  }

  /**
   * Detects the faces in a photo.
   *
   * @param photo - The photo.
   * @returns The faces, best first, in the order of certainty × √(inter-pupil distance); empty if
   * there is no face.
   * @throws {@link StganError} `decode`, `image-size`, `image-too-large` or `unsupported-image` for
   * the photo, `task` for the task `room`, `fetch` or `weights` if the face locator cannot be
   * loaded, `disposed` after `dispose`.
   *
   * @example Glasses on every face
   * ```ts
   * for (const { placement, pupils } of await tryOn.locate(photo)) {
   *   using fit = await tryOn.fit(photo, glasses, { placement, pupils });
   *   const overlay = fit.overlay();
   *   if (overlay) context.drawImage(await createImageBitmap(overlay.image), overlay.x, overlay.y);
   * }
   * ```
   */
  async locate(photo: ImageSource): Promise<LocatedFace[]> {
    this.#requireFaces('TryOn.locate');
    const image = await openImage(photo, 'the photo', this.#decoder);
    try {
      const locator = await this.#locator.get();
      this.#requireNetworks();
      return locator.locate(image);
    } finally {
      image.close();
    }
  }

  /**
   * Keeps glasses on the faces of a video. Video frames that arrive while one is processed are
   * dropped. The promise resolves when the source is open.
   *
   * @param source - The camera, a video element, a stream, or an async iterable of images.
   * @param glasses - Prepared glasses, or an image of them as in `fit`.
   * @param options - The canvas, limits and callbacks.
   * @throws {@link StganError} `camera-denied`, `camera-unavailable`, `video` or `argument` for the
   * source and the options, `task` for the task `room`, the errors of `fit` for the glasses,
   * `fetch` or `weights` if the face locator cannot be loaded, `aborted` if the signal is already
   * aborted, `disposed` after `dispose`. Later errors reject {@link Track.ended}.
   *
   * @example
   * ```ts
   * const track = await tryOn.track('camera', glasses, {
   *   canvas,
   *   onState: (state) => (status.textContent = state),
   * });
   * await track.setGlasses(otherGlasses);
   * track.stop();
   * ```
   */
  async track(source: TrackSource, glasses: ImageSource | Glasses, options: TrackOptions = {}): Promise<Track> {
    this.#requireFaces('TryOn.track');
    const read = readTrackOptions(options);
    const instance = this.#instance;
    // Both may be downloads.
    const [located, opened] = await Promise.allSettled([this.#locator.get(), this.#preparer.open(glasses)]);
    if (opened.status === 'rejected') throw opened.reason;
    const prepared = opened.value;
    let tracker: wasm.Tracker | undefined;
    let frameSource: FrameSource | undefined;
    try {
      if (located.status === 'rejected') throw located.reason;
      const networks = this.#requireNetworks();
      const handle = imageOf(prepared, instance, 'srgb').handle();
      tracker = located.value.createTracker(
        ({ Tracker }, locator) => new Tracker(networks, locator, handle, read.people ?? 1),
      );
      call(instance, () => tracker?.setRealWidth(prepared.widthMm, read.pupilDistanceMm));
      frameSource = await openFrameSource(source).catch((error: unknown) => {
        throw wrap(error, 'argument', 'the source cannot be read');
      });
      const openGlasses = (next: ImageSource | Glasses): Promise<Glasses> => this.#preparer.open(next);
      const { stages } = this.model;
      return createTrack({ instance, tracker, stages, glasses: prepared, openGlasses }, frameSource, read);
    } catch (error) {
      frameSource?.close();
      if (tracker) release(instance, tracker);
      prepared.dispose();
      throw error;
    }
  }

  /**
   * Frees the memory of the model and of remembered glasses. Fits, tracks and `Glasses` stay
   * usable. Further calls have no effect.
   */
  dispose(): void {
    const networks = this.#networks;
    this.#networks = undefined;
    if (networks) release(this.#instance, networks);
    this.#locator.drop((locator) => locator.dispose());
    this.#preparer.dispose();
  }

  /** Calls `dispose`; for `using` declarations. */
  [dispose](): void {
    this.dispose();
  }

  async #firstFace(photo: SourceImage): Promise<LocatedFace> {
    const locator = await this.#locator.get();
    this.#requireNetworks();
    const [face] = locator.locate(photo);
    if (!face)
      throw new StganError('no-face', 'no face was found in the photo; pass options.placement or another photo');
    return face;
  }

  #fit(photo: SourceImage, glasses: Glasses, options: ReadFitOptions & { placement: FacePlacement }): Fit {
    const networks = this.#requireNetworks();
    const instance = this.#instance;
    const { placement, updates, pupils, pupilDistanceMm } = options;
    const { x, y, width, rotation } = placement;
    // Before the photo is read, which takes longer.
    const image = imageOf(glasses, instance, photo.colorSpace);
    const handle = image.handle();
    const view = call(instance, () => networks.view(handle, photo.width, photo.height, x, y, width, rotation));
    try {
      const rect = call(instance, () => view.rect());
      const bandPixels = Math.min(Math.max(photo.bandPixels, rect.width), rect.width * rect.height);
      requireMemory(instance, FIT_MEMORY + 8 * bandPixels, 'the fit');
      // Wasm downscales each band at once and never holds more of the photo than one band.
      for (const band of bands(rect, photo.bandPixels)) {
        const rows = new Uint8Array(photo.read(band).buffer);
        call(instance, () => view.push(rows));
      }
    } catch (error) {
      release(instance, view);
      throw error;
    }
    // The call frees the view, also if it fails.
    const fit = call(instance, () => networks.fit(view, updates, pupils, glasses.widthMm, pupilDistanceMm));
    const { initial, confidence = null } = fit;
    return createFit({ instance, initial, updates: fit.updates, confidence, photo, glasses });
  }

  /** Refuses a method that needs a face. */
  #requireFaces(method: string): void {
    this.#requireNetworks();
    requireTask(this.model.task, 'glasses', method);
  }

  #requireNetworks(): wasm.TryOn {
    if (!this.#networks) throw new StganError('disposed', 'the TryOn has been disposed; create a new one');
    return this.#networks;
  }
}

async function loadLocator(instance: InstanceId, weights: Promise<Uint8Array>): Promise<Locator> {
  try {
    return new Locator(instance, await weights);
  } catch (error) {
    throw wrap(error, 'internal', 'the face locator cannot be loaded');
  }
}
