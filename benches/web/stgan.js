/** This package: a stage by itself through the wasm module's own face, everything else through the package's. */
import { TryOn } from '../../pkg/dist/index.js';
import { Session } from '../../pkg/wasm/stgan.js';
import { glasses, photo, placementOn } from '../../tests/package/pictures.mjs';

let tryOn;

/** Loads what a page downloads. */
export async function load() {
  tryOn = await TryOn.create();
}

/** The stages of a weights file as functions from planes to Δp. */
export function stages({ weights }) {
  const session = new Session(new Uint8Array(weights));
  const { stages } = session.model();
  return {
    run: Array.from({ length: stages }, (_, stage) => (planes) => session.answer(stage, planes)),
    free: () => session.free(),
  };
}

const timed = async (work) => {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
};

/** Milliseconds of a fit with all updates of the shipped weights, of the overlay and of the whole composite; for photos of these sizes. */
export async function fits(sizes, rounds, warm) {
  const frame = glasses(1200, 480, 20);
  const photos = sizes.map(([width, height]) => photo(width, height)).map(({ data, width, height }) => new ImageData(data, width, height));
  const times = sizes.map(() => ({ fit: [], overlay: [], composite: [] }));
  for (let round = -warm; round < rounds; round++) {
    for (const [i, picture] of photos.entries()) {
      const [fitted, fit] = await timed(() => tryOn.fit(picture, frame, { placement: placementOn(picture) }));
      const [overlaid] = await timed(() => fit.overlay());
      const [composed] = await timed(() => fit.composite());
      fit.dispose();
      if (round < 0) continue;
      times[i].fit.push(fitted);
      times[i].overlay.push(overlaid);
      times[i].composite.push(composed);
    }
  }
  return times;
}
