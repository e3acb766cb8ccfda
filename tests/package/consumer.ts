/** A program that uses the whole public API; types.test.mjs compiles it. */
import {
  type FacePlacement,
  Fit,
  Glasses,
  type GlassesReport,
  type GlassesWarning,
  type ImageSource,
  isSupported,
  missingFeatures,
  type Overlay,
  type Placement,
  type Point,
  type PreparedGlasses,
  type Progress,
  preload,
  type Rect,
  StganError,
  type StganErrorCode,
  type Track,
  type TrackedFace,
  type TrackSource,
  type TrackState,
  TryOn,
  type Update,
  videoFrames,
  type WorkerFit,
  type WorkerTryOn,
} from 'stgan';
import { type FitDetail, TryOnElement } from 'stgan/element';

const controller = new AbortController();
const onProgress = ({ phase, loaded, total }: Progress): string => `${phase}: ${loaded} of ${total ?? '?'}`;
const placement: Placement = { x: 1, y: 2, width: 3 };

export async function still(photo: ImageSource, glasses: HTMLImageElement | Blob): Promise<ImageData> {
  using tryOn = await TryOn.create({
    wasm: new URL('stgan.wasm', 'https://example.org/'),
    weights: fetch('glasses.safetensors'),
    decoder: await WebAssembly.compile(new Uint8Array()),
    signal: controller.signal,
    onProgress: (progress) => void onProgress(progress),
  });
  const {
    stages,
    updates: defaultUpdates,
    size,
    metadata,
  }: { stages: number; updates: number; size: number; metadata: Readonly<Record<string, string>> } = tryOn.model;
  using fit: Fit = await tryOn.fit(photo, glasses, {
    placement: { ...placement, rotation: undefined },
    updates: stages + defaultUpdates + size,
  });
  const updates: readonly Update[] = fit.updates;
  const arrays: Float64Array[] = [
    fit.initial,
    fit.homography,
    ...updates.flatMap(({ delta, params, homography }) => [delta, params, homography]),
  ];
  const overlay: Overlay | null = fit.overlay();
  if (!overlay) throw new StganError('update', `${metadata.task} ${arrays.length}`);
  await TryOn.create({ signal: undefined, weights: new Uint8Array() });
  await tryOn.fit({ data: new Uint8Array(4), width: 1, height: 1 }, overlay.image, { placement });
  const [face] = await tryOn.locate(photo);
  const pupils: readonly Point[] = face?.pupils ?? [];
  const { rotation }: FacePlacement = face?.placement ?? { ...placement, rotation: pupils.length };
  return fit.composite({ update: rotation });
}

export async function live(tryOn: TryOn, video: HTMLVideoElement, glasses: ImageSource): Promise<void> {
  const sources: TrackSource[] = [
    'camera',
    video,
    new MediaStream(),
    videoFrames(video, { signal: controller.signal }),
  ];
  const tracked: TrackedFace[] = [];
  for (const source of sources) {
    using track: Track = await tryOn.track(source, glasses, {
      canvas: new OffscreenCanvas(1, 1),
      people: 2,
      updates: undefined,
      budget: 20,
      signal: controller.signal,
      onFrame: ({ faces, times: { read, detect, fit, draw } }) =>
        read + detect + fit + draw < 33 && void tracked.push(...faces),
      onState: (state: TrackState) => void console.log(state),
    });
    await track.setGlasses(await track.snapshot());
    const [{ x, y }] = track.faces[0]?.lensCentres ?? [{ x: 0, y: 0 }];
    await tryOn.fit(video.poster as never, glasses, { placement: { ...track.faces[0]!.placement, x, y } });
    track.stop();
    await track.ended;
  }
}

export async function product(tryOn: TryOn, file: File, entry: PreparedGlasses): Promise<Blob | ImageData> {
  using glasses: Glasses = await tryOn.glasses(file, {
    cutOut: 'always',
    widthMm: 140,
    signal: controller.signal,
  });
  const { kind, lenses, confidence, warnings }: GlassesReport = glasses.report;
  const codes: readonly GlassesWarning[] = warnings;
  const { x, y, width, height }: Readonly<Rect> = glasses.bounds;
  const [left, right]: readonly [Point, Point] = glasses.lensCentres;
  const matrix: Float64Array = glasses.toSource;
  const real: number | undefined = glasses.widthMm;
  if (kind === 'cut-out' && lenses === 'clear' && confidence + x + y + width + height + left.x + right.y > 9)
    console.log(codes.includes('uncertain'), matrix.length, real);
  const served = await tryOn.glasses({ image: 'glasses.png', report: glasses.report });
  const restored = await tryOn.glasses({ ...entry, image: new URL(String(entry.image), 'https://example.org/') });
  using fit = await tryOn.fit(file, served, { placement });
  using track = await tryOn.track('camera', restored);
  await track.setGlasses(fit.glasses);
  return track.glasses.image ?? served.image;
}

export function explain(error: unknown): StganErrorCode | null {
  return error instanceof StganError ? error.code : null;
}

// @ts-expect-error: the width is required
export const incomplete: Placement = { x: 1, y: 2 };
// @ts-expect-error: the constructor is private
export const forged = new Fit();
// @ts-expect-error: the constructor is private
export const forgedGlasses = new Glasses();

export async function inWorker(photo: Blob, glasses: Blob): Promise<ImageData> {
  using tryOn: WorkerTryOn = await TryOn.create({ worker: true, cache: true, signal: controller.signal });
  await TryOn.create({ worker: new URL('worker.js', 'https://example.org/') });
  const prepared = await tryOn.glasses(glasses, { widthMm: 140 });
  using fit: WorkerFit = await tryOn.fit(photo, prepared, { placement, signal: controller.signal });
  const overlay: Overlay | null = await fit.overlay({ update: 0 });
  const image: ImageData = await prepared.image;
  const track = await tryOn.track('camera', prepared, { canvas: document.createElement('canvas') });
  await track.setGlasses(image);
  return overlay?.image ?? fit.composite();
}

export async function preloaded(): Promise<string[]> {
  await preload({ files: ['wasm', 'cutOut'], cache: true, signal: undefined });
  return isSupported('worker') ? [] : missingFeatures('camera');
}

export function element(photo: Blob): Promise<FitDetail> {
  const element: TryOnElement = document.createElement('stgan-try-on');
  element.photo = photo;
  element.glasses = ['a.png', { image: new URL('b.png', 'https://example.org/'), label: 'B' }];
  element.placement = placement;
  element.texts = { choose: 'Foto wählen' };
  element.addEventListener('stgan-fit', ({ detail }) => detail.confidence?.toFixed(2));
  element.addEventListener('stgan-error', ({ detail }) => detail.code === 'no-face');
  document.addEventListener('stgan-state', ({ detail }) => detail.state === 'fitted');
  return element instanceof TryOnElement ? element.fit() : Promise.reject(new Error('not defined'));
}
