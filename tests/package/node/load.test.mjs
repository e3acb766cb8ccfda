/** Importing the packed package and loading a model in Node. */
import { pathToFileURL } from 'node:url';
import { serve } from '../../../scripts/preview.mjs';
import { failure, files, glasses, photo, placementOn } from '../images.mjs';
import { test as base, expect } from './fixtures.mjs';

const test = base.extend({
  create: ({ stgan }, use) => use((options) => stgan.TryOn.create(options)),
  /** The address of a server of the installed package. */
  address: async ({ consumer }, use) => {
    const server = await serve(consumer.path('.'));
    await use(server.url);
    await server.close();
  },
});

const placement = placementOn({ width: 640, height: 480 });

test('the package contains the files of its manifest, and no dependencies or scripts', ({ consumer }) => {
  const { exports, version, scripts } = consumer.manifest;
  expect(Object.keys(exports['.'])[0]).toBe('types');
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  for (const kind of ['dependencies', 'optionalDependencies', 'bundleDependencies', 'bundledDependencies'])
    expect(consumer.manifest[kind], kind).toBeUndefined();
  // No code runs on installation.
  expect(scripts).toBeUndefined();
  expect(consumer.packed).not.toContain('binding.gyp');
  const targets = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? target : Object.values(target),
  );
  for (const path of [...targets, './README.md', './LICENSE-MIT', './LICENSE-APACHE', './NOTICE']) {
    expect(consumer.packed).toContain(path.slice(2));
  }
});

test('importing the package has no side effects', ({ consumer }) => {
  const printed = consumer.run(
    `const trap = (name) => () => { throw new Error(name + ' was used') };
     globalThis.fetch = trap('fetch');
     for (const name of Object.getOwnPropertyNames(WebAssembly)) WebAssembly[name] = trap(name);
     const before = Object.getOwnPropertyNames(globalThis).join();
     const { TryOn } = await import('stgan');
     if (Object.getOwnPropertyNames(globalThis).join() !== before) throw new Error('globals were changed');
     console.log(typeof TryOn.create);`,
  );
  expect(printed).toBe('function\n');
});

test('create accepts bytes, responses, requests, URLs and modules', async ({ consumer, create, address }) => {
  const weights = consumer.read('weights/glasses.safetensors');
  const url = `${address}weights/glasses.safetensors`;
  for (const source of [
    weights,
    weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length),
    new Response(weights),
    url,
    new URL(url),
    new Request(url),
    fetch(url),
  ]) {
    const tryOn = await create({ weights: source });
    expect(tryOn.model.stages).toBeGreaterThanOrEqual(1);
    tryOn.dispose();
  }
  const decoder = await WebAssembly.compile(consumer.read('wasm/decoder.wasm'));
  const tryOn = await create({ decoder });
  expect((await tryOn.fit(files.png, glasses(), { placement: { x: 12, y: 8, width: 14 } })).composite().width).toBe(24);
  tryOn.dispose();
});

test('create reports progress', async ({ consumer, create, address }) => {
  const events = [];
  const tryOn = await create({
    weights: `${address}weights/glasses.safetensors`,
    onProgress: (progress) => events.push(progress),
  });
  const size = consumer.read('weights/glasses.safetensors').length;
  expect(events[0]).toEqual({ phase: 'weights', loaded: 0, total: size });
  expect(events.at(-1)).toEqual({ phase: 'weights', loaded: size, total: size });
  expect(events.every(({ loaded }, i) => i === 0 || loaded >= events[i - 1].loaded)).toBe(true);
  tryOn.dispose();
});

test('a failure of create is an error with a code', async ({ consumer, create, address }) => {
  const weights = consumer.read('weights/glasses.safetensors');
  const truncated = weights.subarray(0, weights.length - 64);
  const cases = [
    ['fetch', { weights: `${address}missing.safetensors` }],
    ['fetch', { weights: 'http://127.0.0.1:9/unreachable' }],
    ['fetch', { weights: pathToFileURL(consumer.path('missing.safetensors')) }],
    ['fetch', { weights: 'not an address' }],
    ['argument', { weights: 42 }],
    ['argument', { weights: {} }],
    ['weights', { weights: truncated }],
    ['weights', { weights: new Uint8Array(0) }],
    ['weights', { weights: consumer.read('wasm/stgan.wasm') }],
  ];
  for (const [i, [code, options]] of cases.entries())
    expect(await failure(create(options)), `case ${i}`).toBe(`StganError ${code}`);
  // A failure does not affect later calls.
  (await create()).dispose();
});

test('create can be aborted', async ({ create }) => {
  const controller = new AbortController();
  controller.abort();
  expect(await failure(create({ signal: controller.signal }))).toBe('StganError aborted');
  // Only the signal can stop the download of an endless body.
  const late = new AbortController();
  const body = new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(16)) });
  let chunks = 0;
  const onProgress = () => ++chunks === 5 && late.abort();
  expect(await failure(create({ weights: new Response(body), signal: late.signal, onProgress }))).toBe(
    'StganError aborted',
  );
});

test('several TryOn objects work in parallel', async ({ create }) => {
  const all = await Promise.all([create(), create(), create()]);
  const fits = await Promise.all(all.map((tryOn) => tryOn.fit(photo(), glasses(), { placement })));
  expect(fits[1].homography).toEqual(fits[0].homography);
  expect(fits[2].homography).toEqual(fits[0].homography);
  for (const object of [...all, ...fits]) object.dispose();
});

test('the first valid wasm module is used', ({ consumer }) => {
  // A new process is needed, because this one has already loaded its module.
  const printed = consumer.run(
    `import { readFileSync } from 'node:fs';
     import { TryOn } from 'stgan';
     const code = (wasm) => TryOn.create({ wasm }).then(() => 'none', (error) => error.code);
     const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
     const decoder = readFileSync(new URL(import.meta.resolve('stgan/wasm/decoder.wasm')));
     const compiled = WebAssembly.compile(readFileSync(new URL(import.meta.resolve('stgan/wasm/stgan.wasm'))));
     const [module, ...codes] = [await compiled, await code(empty), await code(decoder), await code(new Uint8Array(9)), await code(new Response('', { status: 404 }))];
     const all = await Promise.allSettled([code(empty), TryOn.create({ wasm: module }), TryOn.create(), code(empty)]);
     console.log(codes.join(), all.map(({ value }) => value?.model?.stages > 0).join());`,
  );
  expect(printed).toBe('wasm,wasm,wasm,fetch false,true,true,false\n');
});
