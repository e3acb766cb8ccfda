/** Runs the bundle in workerd and prints the response. */
import { readFileSync } from 'node:fs';
import { Miniflare } from 'miniflare';

const file = (type, folder, name) => ({
  type,
  path: name,
  contents: readFileSync(`node_modules/stgan/${folder}/${name}`),
});

const worker = new Miniflare({
  compatibilityDate: '2026-01-01',
  modules: [
    { type: 'ESModule', path: 'worker.js', contents: readFileSync('out/worker.js', 'utf8') },
    file('CompiledWasm', 'wasm', 'stgan.wasm'),
    file('CompiledWasm', 'wasm', 'decoder.wasm'),
    file('Data', 'weights', 'glasses.safetensors'),
    file('Data', 'weights', 'locator.safetensors'),
    file('Data', 'weights', 'cutout.safetensors'),
  ],
});
const response = await worker.dispatchFetch('http://localhost/');
console.log(await response.text());
await worker.dispose();
