/**
 * This package: single stages through the wasm bindings, everything else through the public API.
 */
import { TryOn } from '../../pkg/dist/index.js';
import { TryOn as WasmTryOn } from '../../pkg/wasm/stgan.js';
import { photo as createPhoto, furniture, glasses, placementOn } from '../../tests/package/images.mjs';

let tryOn;

/** Loads the package. */
export async function load() {
  tryOn = await TryOn.create();
}

/** Returns the stages as functions from planes to Δp, and a function that frees them. */
export function stages({ weights, task = 'glasses' }) {
  const networks = new WasmTryOn(new Uint8Array(weights), task);
  const { stages } = networks.model();
  return {
    run: Array.from({ length: stages }, (_, stage) => (planes) => networks.answer(stage, planes)),
    free: () => networks.free(),
  };
}

/** Runs a function and returns its time in milliseconds and its result. */
const timed = async (work) => {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
};

/**
 * Measures fits of furniture with the shipped weights, in milliseconds per round, for a photo of
 * this size. The furniture was prepared by an earlier fit.
 */
export async function roomFits([width, height], rounds, warmUp) {
  const room = await TryOn.create({ task: 'room' });
  const photo = createPhoto(width, height);
  const placement = { x: width / 2, y: height * 0.65, width: width * 0.3 };
  const { glasses: prepared } = await room.fit(photo, furniture(), { placement, updates: 0 });
  const times = [];
  for (let round = -warmUp; round < rounds; round++) {
    const [time, fit] = await timed(() => room.fit(photo, prepared, { placement }));
    fit.dispose();
    if (round >= 0) times.push(time);
  }
  room.dispose();
  return times;
}

/**
 * Measures the parts of a fit with the shipped weights, in milliseconds per round, for photos of
 * these sizes: `fit` (all updates), `overlay`, `composite`, and `copy` (a plain copy of the photo).
 * `read` is a fit of tiny glasses without updates, `glasses` is the difference to large ones, and
 * `updates` is the rest of `fit`.
 */
export async function fits(sizes, rounds, warmUp) {
  const [large, tiny] = [glasses(1200, 480, 20), glasses(30, 12, 20)];
  const photos = sizes
    .map(([width, height]) => createPhoto(width, height))
    .map(({ data, width, height }) => new ImageData(data, width, height));
  const times = sizes.map(() => ({
    fit: [],
    read: [],
    glasses: [],
    updates: [],
    overlay: [],
    composite: [],
    copy: [],
  }));
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, photo] of photos.entries()) {
      const placement = placementOn(photo);
      const [fitTime, fit] = await timed(() => tryOn.fit(photo, large, { placement }));
      const [preparation, largeFit] = await timed(() => tryOn.fit(photo, large, { placement, updates: 0 }));
      const [read, tinyFit] = await timed(() => tryOn.fit(photo, tiny, { placement, updates: 0 }));
      const [overlay] = await timed(() => fit.overlay());
      const [composite] = await timed(() => fit.composite());
      const [copy] = await timed(() => photo.data.slice());
      for (const object of [fit, largeFit, tinyFit]) object.dispose();
      if (round < 0) continue;
      const parts = {
        fit: fitTime,
        read,
        glasses: preparation - read,
        updates: fitTime - preparation,
        overlay,
        composite,
        copy,
      };
      for (const [part, time] of Object.entries(parts)) times[i][part].push(time);
    }
  }
  return times;
}
