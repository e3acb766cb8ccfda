/** The worker: holds the model and the full-size pixels, so that the page never waits for either. */
import { type Fit, StganError, TryOn } from 'stgan';
import { Live } from './live-worker.ts';
import { context, decode, displayCopy, encoded, PictureError, readFrame, resized } from './pictures.ts';
import type { Failure, FrameInfo, FromWorker, RequestName, Requests, Source, ToWorker } from './protocol.ts';

/** The part of a dedicated worker's global that is used here (the page's library of types does not have it). */
interface WorkerScope {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}
const scope = self as unknown as WorkerScope;

type Answer<K extends RequestName> = { answer: Requests[K]['answer']; transfer?: Transferable[] };
type Handlers = { [K in RequestName]: (ask: Requests[K]['ask']) => Promise<Answer<K>> };

let model = load();
let photo: { id: number; bitmap: ImageBitmap } | null = null;
let current: { id: number; fit: Fit } | null = null;
let fits = 0;
const live = new Live();
const frames = new Map<string, Promise<{ pixels: ImageData; info: FrameInfo }>>();

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
  if (photo?.id !== id) throw new PictureError('stale', 'another photo has been chosen');
  return photo.bitmap;
}

function fitOf(id: number): Fit {
  if (current?.id !== id) throw new PictureError('stale', 'another fit has been made');
  return current.fit;
}

function frameOf(id: string, source?: Source): Promise<{ pixels: ImageData; info: FrameInfo }> {
  const known = frames.get(id);
  if (known) return known;
  if (!source) return Promise.reject(new PictureError('stale', `frame ${id} is gone`));
  const reading = readFrame(source);
  frames.set(id, reading);
  // A failed download may succeed the next time.
  reading.catch(() => frames.delete(id));
  return reading;
}

const handlers: Handlers = {
  async retry() {
    model = load();
    return { answer: null };
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
      answer: { width, height, display, milliseconds: performance.now() - start },
      transfer: [display],
    };
  },

  async frame({ frame, source }) {
    const { info } = await frameOf(frame, source);
    // The worker keeps its own copy for the next time this frame is chosen.
    return { answer: { ...info, display: await createImageBitmap(info.display) } };
  },

  async locate({ photo: id }) {
    const found = await (await model).locate(photoOf(id));
    return { answer: found.map(({ placement, score }) => ({ placement, score })) };
  },

  async fit({ photo: id, frame, placement }) {
    const [tryOn, { pixels }] = [await model, await frameOf(frame)];
    const bitmap = photoOf(id);
    const start = performance.now();
    const fit = await tryOn.fit(bitmap, pixels, { placement });
    const milliseconds = performance.now() - start;
    current?.fit.dispose();
    current = { id: ++fits, fit };
    return {
      answer: {
        fit: current.id,
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

  async patch({ fit, step, scale }) {
    const start = performance.now();
    const overlay = fitOf(fit).overlay({ update: step });
    const milliseconds = performance.now() - start;
    if (!overlay) return { answer: { box: null, image: null, milliseconds } };
    const { x, y, image: pixels } = overlay;
    const { width, height } = pixels;
    const reduction = Math.min(1, scale);
    const image = await resized(pixels, Math.ceil(width * reduction), Math.ceil(height * reduction));
    return { answer: { box: { x, y, width, height }, image, milliseconds }, transfer: [image] };
  },

  async thumbnail({ photo: id, frame, source, placement, region, width }) {
    const [tryOn, { pixels }] = [await model, await frameOf(frame, source)];
    const bitmap = photoOf(id);
    const fit = await tryOn.fit(bitmap, pixels, { placement });
    try {
      const overlay = fit.overlay();
      const scale = width / region.width;
      const drawing = context(width, Math.round(region.height * scale));
      drawing.imageSmoothingQuality = 'high';
      const { x, y } = region;
      drawing.drawImage(bitmap, x, y, region.width, region.height, 0, 0, drawing.canvas.width, drawing.canvas.height);
      if (overlay) {
        const { width: w, height: h } = overlay.image;
        const patch = await createImageBitmap(overlay.image);
        drawing.drawImage(patch, (overlay.x - x) * scale, (overlay.y - y) * scale, w * scale, h * scale);
        patch.close();
      }
      const answer = drawing.canvas.transferToImageBitmap();
      return { answer, transfer: [answer] };
    } finally {
      fit.dispose();
    }
  },

  async encode({ photo: id, frame, placement, fit: known, step, type }) {
    const bitmap = photoOf(id);
    let pixels: ImageData;
    if (known !== null) {
      pixels = fitOf(known).composite({ update: step });
    } else {
      const fit = await (await model).fit(bitmap, (await frameOf(frame)).pixels, { placement, updates: 1 });
      pixels = fit.composite({ update: 0 });
      fit.dispose();
    }
    return { answer: await encoded(pixels, type) };
  },

  async 'live-start'({ frame, source, canvas, people }) {
    live.take(canvas);
    const [tryOn, { pixels }] = [await model, await frameOf(frame, source)];
    await live.start(tryOn, pixels, people);
    return { answer: null };
  },

  async 'live-picture'({ picture, keep }) {
    return { answer: await live.see(picture, keep) };
  },

  async 'live-frame'({ frame, source }) {
    const { pixels } = await frameOf(frame, source);
    await live.setGlasses(pixels);
    return { answer: null };
  },

  async 'live-encode'({ type }) {
    return { answer: await encoded(live.kept, type) };
  },

  async 'live-stop'() {
    live.stop();
    return { answer: null };
  },
};

async function respond<K extends RequestName>(id: number, name: K, ask: Requests[K]['ask']): Promise<void> {
  try {
    const { answer, transfer } = await handlers[name](ask);
    scope.postMessage({ id, answer }, transfer ?? []);
  } catch (error) {
    // After a failure of this kind the package asks for a new start.
    if (error instanceof StganError && error.code === 'internal') model = load();
    scope.postMessage({ id, failure: failure(error) });
  }
}

scope.onmessage = ({ data: { id, name, ask } }) => void respond(id, name, ask as never);
