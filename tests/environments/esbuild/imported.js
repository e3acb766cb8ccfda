import { TryOn } from 'stgan';
import wasm from 'stgan/wasm/stgan.wasm';
import cutOut from 'stgan/weights/cutout.safetensors';
import weights from 'stgan/weights/glasses.safetensors';
import locator from 'stgan/weights/locator.safetensors';
import { report } from './check.mjs';

report(TryOn, { wasm, weights, locator, cutOut }).then((result) => (window.result = result));
