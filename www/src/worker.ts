/** Worker that owns the model and the full-size images, so that the page stays responsive. */
import { type Fit, StganError, TryOn } from 'stgan';
import { GlassesCache } from './glasses-cache.ts';
import { context, cropped, decode, displayCopy, encoded, ImageError, readPixels, resized } from './images.ts';
import { LiveTracker } from './live-worker.ts';
import type { Failure, FromWorker, RequestName, Requests, ToWorker } from './protocol.ts';
import { sheetOf } from './sheet.ts';

/** The used part of a dedicated worker’s global scope, which the DOM type library lacks. */
interface WorkerScope {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}
const scope = self as unknown as WorkerScope;

type Result<K extends RequestName> = { response: Requests[K]['response']; transfer?: Transferable[] };
type Handlers = { [K in RequestName]: (request: Requests[K]['request']) => Promise<Result<K>> };

/**
 * The probability of glasses from which the page suggests to take them off: high, since a wrong
 * suggestion is worse than none.
 */
const WORN = 0.97;

let model = load();
let photo: { id: number; bitmap: ImageBitmap } | null = null;
let current: { id: number; fit: Fit } | null = null;
let fits = 0;
const live = new LiveTracker();
const cache = new GlassesCache();

function load(): Promise<TryOn> {
  const start = performance.now();
  const loading = TryOn.create({
    onProgress({ phase, loaded, total }) {
      if (phase === 'weights') scope.postMessage({ event: 'progress', loaded, total: total ?? null });
    },
  });
  loading.then(
    ({ model: { stages, size } }) =>
      scope.postMessage({ event: 'model', model: { stages, size, milliseconds: performance.now() - start } }),
    (error: unknown) => scope.postMessage({ event: 'model-failed', failure: failure(error) }),
  );
  return loading;
}

function failure(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
  return { code, message: error instanceof Error ? error.message : String(error) };
}

function photoOf(id: number): ImageBitmap {
  if (photo?.id !== id) throw new ImageError('stale', 'another photo has been opened');
  return photo.bitmap;
}

function fitOf(id: number): Fit {
  if (current?.id !== id) throw new ImageError('stale', 'another fit has been started');
  return current.fit;
}

const handlers: Handlers = {
  async retry() {
    model = load();
    return { response: null };
  },

  async photo({ photo: id, source }) {
    const start = performance.now();
    const bitmap = await decode(source);
    const display = await displayCopy(bitmap);
    current?.fit.dispose();
    current = null;
    photo?.bitmap.close();
    photo = { id, bitmap };
    const { width, height } = bitmap;
    return {
      response: { width, height, display, milliseconds: performance.now() - start },
      transfer: [display],
    };
  },

  async glasses({ glasses, source }) {
    const { info } = await cache.load(glasses, source);
    // The original bitmap stays in the cache: return a copy, which is transferred to the page.
    return { response: { ...info, display: await createImageBitmap(info.display) } };
  },

  async prepare({ glasses: id, source, cutOut, withSheet }) {
    const [tryOn, pixels] = [await model, await readPixels(source)];
    const start = performance.now();
    const glasses = await tryOn.glasses(pixels, { cutOut });
    const milliseconds = performance.now() - start;
    await cache.add(id, tryOn, glasses);
    const { kind, lenses, confidence, warnings } = glasses.report;
    const report = { kind, lenses, confidence, warnings: [...warnings] };
    if (kind !== 'cut-out' && !withSheet) return { response: { report, sheet: null, milliseconds } };
    const sheet = await sheetOf(pixels, glasses.image, glasses.toSource);
    const transfer = [sheet.original, sheet.cutOut].map(({ data }) => data.buffer);
    return { response: { report, sheet, milliseconds }, transfer };
  },

  async forget({ glasses }) {
    cache.delete(glasses);
    return { response: null };
  },

  async 'encode-glasses'({ glasses, corrected }) {
    const pixels = corrected ? cropped(corrected) : (await cache.load(glasses)).pixels;
    return { response: await encoded(pixels, 'image/png') };
  },

  async locate({ photo: id }) {
    const faces = await (await model).locate(photoOf(id));
    return {
      response: faces.map(({ placement, score, attributes }) => ({
        placement,
        score,
        wearsGlasses: attributes !== undefined && attributes.glasses >= WORN,
      })),
    };
  },

  async fit({ photo: id, glasses, placement }) {
    const tryOn = await model;
    const prepared = await cache.prepared(glasses, tryOn);
    const bitmap = photoOf(id);
    const start = performance.now();
    const fit = await tryOn.fit(bitmap, prepared, { placement });
    const milliseconds = performance.now() - start;
    current?.fit.dispose();
    current = { id: ++fits, fit };
    return {
      response: {
        id: current.id,
        initial: Array.from(fit.initial),
        updates: fit.updates.map(({ delta, params, homography }) => ({
          delta: Array.from(delta),
          params: Array.from(params),
          homography: Array.from(homography),
        })),
        confidence: fit.confidence,
        milliseconds,
      },
    };
  },

  async overlay({ fit, update, scale }) {
    const start = performance.now();
    const overlay = fitOf(fit).overlay({ update });
    const milliseconds = performance.now() - start;
    if (!overlay) return { response: { box: null, image: null, milliseconds } };
    const { x, y, image: pixels } = overlay;
    const { width, height } = pixels;
    const factor = Math.min(1, scale);
    const image = await resized(pixels, Math.ceil(width * factor), Math.ceil(height * factor));
    return { response: { box: { x, y, width, height }, image, milliseconds }, transfer: [image] };
  },

  async thumbnail({ photo: id, glasses, source, placement, region, width }) {
    const tryOn = await model;
    const prepared = await cache.prepared(glasses, tryOn, source);
    const bitmap = photoOf(id);
    const fit = await tryOn.fit(bitmap, prepared, { placement });
    try {
      const overlay = fit.overlay();
      const scale = width / region.width;
      const drawing = context(width, Math.round(region.height * scale));
      drawing.imageSmoothingQuality = 'high';
      const { x, y } = region;
      drawing.drawImage(bitmap, x, y, region.width, region.height, 0, 0, drawing.canvas.width, drawing.canvas.height);
      if (overlay) {
        const { width: w, height: h } = overlay.image;
        const bitmapOverlay = await createImageBitmap(overlay.image);
        drawing.drawImage(bitmapOverlay, (overlay.x - x) * scale, (overlay.y - y) * scale, w * scale, h * scale);
        bitmapOverlay.close();
      }
      const response = drawing.canvas.transferToImageBitmap();
      return { response, transfer: [response] };
    } finally {
      fit.dispose();
    }
  },

  async encode({ photo: id, glasses, placement, fit: fitId, update, type }) {
    const bitmap = photoOf(id);
    let pixels: ImageData;
    if (fitId !== null) {
      pixels = fitOf(fitId).composite({ update });
    } else {
      const tryOn = await model;
      const fit = await tryOn.fit(bitmap, await cache.prepared(glasses, tryOn), { placement, updates: 1 });
      pixels = fit.composite({ update: 0 });
      fit.dispose();
    }
    return { response: await encoded(pixels, type) };
  },

  async 'live-start'({ glasses, source, canvas, maxFaces }) {
    live.setCanvas(canvas);
    const tryOn = await model;
    await live.start(tryOn, await cache.prepared(glasses, tryOn, source), maxFaces);
    return { response: null };
  },

  async 'live-frame'({ frame, capture }) {
    return { response: await live.process(frame, capture) };
  },

  async 'live-glasses'({ glasses, source }) {
    await live.setGlasses(await cache.prepared(glasses, await model, source));
    return { response: null };
  },

  async 'live-encode'({ type }) {
    return { response: await encoded(live.captured, type) };
  },

  async 'live-stop'() {
    live.stop();
    return { response: null };
  },
};

async function respond<K extends RequestName>(id: number, name: K, request: Requests[K]['request']): Promise<void> {
  try {
    const { response, transfer } = await handlers[name](request);
    scope.postMessage({ id, response }, transfer ?? []);
  } catch (error) {
    // After an internal error the package requires a new `TryOn`.
    if (error instanceof StganError && error.code === 'internal') model = load();
    scope.postMessage({ id, failure: failure(error) });
  }
}

scope.onmessage = ({ data: { id, name, request } }) => void respond(id, name, request as never);
