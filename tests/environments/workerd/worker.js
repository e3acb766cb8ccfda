import { TryOn } from 'stgan';
import { report } from './check.mjs';
import cutOut from './cutout.safetensors';
import decoder from './decoder.wasm';
import weights from './glasses.safetensors';
import locator from './locator.safetensors';
import wasm from './stgan.wasm';

export default {
  async fetch() {
    return Response.json(await report(TryOn, { wasm, decoder, weights, locator, cutOut }));
  },
};
