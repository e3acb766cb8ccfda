/** This package: a stage by itself through the wasm module's own face, everything else through the package's. */
import { TryOn } from '../../pkg/dist/index.js';
import { TryOn as Networks } from '../../pkg/wasm/stgan.js';
import { glasses, photo, placementOn } from '../../tests/package/pictures.mjs';

let tryOn;

/** Loads what a page downloads. */
export async function load() {
  tryOn = await TryOn.create();
}

/** The stages of a weights file as functions from planes to Δp. */
export function stages({ weights }) {
  const networks = new Networks(new Uint8Array(weights));
  const { stages } = networks.model();
  return {
    run: Array.from({ length: stages }, (_, stage) => (planes) => networks.answer(stage, planes)),
    free: () => networks.free(),
  };
}

const timed = async (work) => {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
};

/**
 * Milliseconds for photos of these sizes, by steps: a fit with all updates of the shipped weights; of which reading the photo, and preparing
 * the frame (a fit without updates, and one of a frame of next to no pixels); the overlay; the whole composite, and a plain copy of as many bytes.
 */
export async function fits(sizes, rounds, warm) {
  const [frame, tiny] = [glasses(1200, 480, 20), glasses(30, 12, 20)];
  const photos = sizes
    .map(([width, height]) => photo(width, height))
    .map(({ data, width, height }) => new ImageData(data, width, height));
  const times = sizes.map(() => ({ fit: [], read: [], frame: [], updates: [], overlay: [], composite: [], copy: [] }));
  for (let round = -warm; round < rounds; round++) {
    for (const [i, picture] of photos.entries()) {
      const placement = placementOn(picture);
      const [fitted, fit] = await timed(() => tryOn.fit(picture, frame, { placement }));
      const [prepared, still] = await timed(() => tryOn.fit(picture, frame, { placement, updates: 0 }));
      const [read, bare] = await timed(() => tryOn.fit(picture, tiny, { placement, updates: 0 }));
      const [overlay] = await timed(() => fit.overlay());
      const [composite] = await timed(() => fit.composite());
      const [copy] = await timed(() => picture.data.slice());
      for (const made of [fit, still, bare]) made.dispose();
      if (round < 0) continue;
      const steps = { fit: fitted, read, frame: prepared - read, updates: fitted - prepared, overlay, composite, copy };
      for (const [step, time] of Object.entries(steps)) times[i][step].push(time);
    }
  }
  return times;
}
