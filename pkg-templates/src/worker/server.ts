/**
 * The script of the package's worker: it owns a `TryOn` and its objects, and answers the requests
 * of a `WorkerTryOn`.
 *
 * @packageDocumentation
 */
import { StganError, wrap } from '../errors.js';
import type { Fit } from '../fit.js';
import type { FrameImage } from '../frame-images.js';
import type { Glasses } from '../glasses.js';
import type { ImageSource } from '../images.js';
import { TryOn } from '../tryon.js';
import { FrameTracker } from './frames.js';
import { PhotoStore, type PhotoUse } from './photos.js';
import type {
  Failure,
  FitInfo,
  FromWorker,
  GlassesInfo,
  GlassesMessage,
  Handle,
  RequestName,
  Requests,
  ToWorker,
} from './protocol.js';
import { type Message, sentPixels } from './transfer.js';

/** The used part of the global scope of a dedicated worker, which the DOM type library lacks. */
interface WorkerScope {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}
const scope = globalThis as unknown as WorkerScope;

/** What a handler knows about its request. */
interface Context {
  id: number;
  signal: AbortSignal;
}

type Handlers = {
  [K in RequestName]: (request: Requests[K]['request'], context: Context) => Promise<Message<Requests[K]['response']>>;
};

let tryOn: TryOn | undefined;
let handles = 0;
const objects = new Map<Handle, Glasses | Fit | FrameTracker>();
const photos = new PhotoStore();
/** The photos of fits, which read them until they are disposed. */
const photosOfFits = new Map<Handle, PhotoUse>();
const canvases = new Map<number, OffscreenCanvas>();
const controllers = new Map<number, AbortController>();

const plain = <T>(value: T): Message<T> => ({ value, transfer: [] });

function register(object: Glasses | Fit | FrameTracker): Handle {
  objects.set(++handles, object);
  return handles;
}

function required(): TryOn {
  if (!tryOn) throw new StganError('disposed', 'the TryOn of the worker has not been created');
  return tryOn;
}

/** Frees an image that was sent to the worker, which nothing else refers to. */
function closeBitmap(image: unknown): void {
  if (image instanceof ImageBitmap) image.close();
}

/** The object with this handle. The page checks that an object is in use and of the right type. */
function object<T extends Glasses | Fit | FrameTracker>(handle: Handle): T {
  const found = objects.get(handle);
  if (!found) throw new StganError('disposed', 'the object of the worker has been disposed');
  return found as T;
}

/** Calls `work` with the glasses of a message, then frees their image, which has been read. */
async function withGlasses<T>(
  message: GlassesMessage,
  work: (glasses: ImageSource | Glasses) => Promise<T>,
): Promise<T> {
  if ('handle' in message) return work(object<Glasses>(message.handle));
  try {
    return await work(message.image);
  } finally {
    closeBitmap(message.image);
  }
}

function glassesInfo(glasses: Glasses): GlassesInfo {
  const { report, bounds, lensCentres, toSource, widthMm } = glasses;
  return { handle: register(glasses), report, bounds, lensCentres, toSource, widthMm };
}

function fitInfo(fit: Fit): FitInfo {
  const { updates, initial, confidence, glasses } = fit;
  return { handle: register(fit), updates, initial, confidence, glasses: glassesInfo(glasses) };
}

const handlers: Handlers = {
  async create(files, { id, signal }) {
    tryOn = await TryOn.create({ ...files, signal, onProgress: (progress) => scope.postMessage({ id, progress }) });
    return plain(tryOn.model);
  },

  async glasses({ source, options }, { signal }) {
    try {
      return plain(glassesInfo(await required().glasses(source, { ...options, signal })));
    } finally {
      closeBitmap('image' in source ? source.image : source);
    }
  },

  async furniture({ source }) {
    try {
      return plain(glassesInfo(await required().furniture(source)));
    } finally {
      closeBitmap(source);
    }
  },

  async image({ glasses }) {
    const { data, width, height, colorSpace } = object<Glasses>(glasses).image;
    return sentPixels({ data: data.slice(), width, height, colorSpace } as ImageData);
  },

  async photo({ photo, image }) {
    photos.keep(photo, image);
    return plain(null);
  },

  async locate({ photo: message }) {
    const photo = await photos.use(message);
    try {
      return plain(await required().locate(photo.image));
    } finally {
      photo.close();
    }
  },

  async fit({ photo: message, glasses, options }, { signal }) {
    const photo = await photos.use(message);
    try {
      const fit = await withGlasses(glasses, (worn) => required().fit(photo.image, worn, { ...options, signal }));
      const info = fitInfo(fit);
      photosOfFits.set(info.handle, photo);
      return plain(info);
    } catch (error) {
      photo.close();
      throw error;
    }
  },

  async composite({ fit, ...options }) {
    return sentPixels(object<Fit>(fit).composite(options));
  },

  async overlay({ fit, ...options }) {
    const overlay = object<Fit>(fit).overlay(options);
    if (!overlay) return plain(null);
    const { value, transfer } = sentPixels(overlay.image);
    return { value: { x: overlay.x, y: overlay.y, image: value }, transfer };
  },

  async track({ glasses, options, canvas }) {
    if (canvas?.offscreen) canvases.set(canvas.id, canvas.offscreen);
    const tracker = new FrameTracker();
    const output = canvas && canvases.get(canvas.id);
    await withGlasses(glasses, (worn) => tracker.start(required(), worn, { ...options, canvas: output }));
    return plain({ glasses: glassesInfo(tracker.track.glasses), handle: register(tracker) });
  },

  async frame({ track, frame }) {
    return plain(await object<FrameTracker>(track).process(frame as FrameImage));
  },

  async 'set-glasses'({ track, glasses }) {
    const { track: running } = object<FrameTracker>(track);
    await withGlasses(glasses, (worn) => running.setGlasses(worn));
    return plain(glassesInfo(running.glasses));
  },

  async snapshot({ track }) {
    return sentPixels(await object<FrameTracker>(track).track.snapshot());
  },

  async release({ handle }) {
    objects.get(handle)?.dispose();
    objects.delete(handle);
    photosOfFits.get(handle)?.close();
    photosOfFits.delete(handle);
    return plain(null);
  },
};

function failure(error: unknown): Failure {
  const { code, message, cause } = wrap(error, 'internal', 'the worker failed');
  try {
    return { code, message, cause: structuredClone(cause) };
  } catch {
    return { code, message };
  }
}

async function respond<K extends RequestName>(id: number, name: K, request: Requests[K]['request']): Promise<void> {
  const controller = new AbortController();
  controllers.set(id, controller);
  try {
    const { value, transfer } = await handlers[name](request, { id, signal: controller.signal });
    scope.postMessage({ id, response: value }, transfer);
  } catch (error) {
    scope.postMessage({ id, failure: failure(error) });
  } finally {
    controllers.delete(id);
  }
}

scope.onmessage = ({ data }) => {
  if ('abort' in data) controllers.get(data.abort)?.abort();
  else void respond(data.id, data.name, data.request);
};
