/** The packed package in plain Node. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { serve } from '../../scripts/serve.mjs';
import { project } from './consumer.mjs';
import { apply, failure, files, glasses, photo, placementOn, strangers } from './pictures.mjs';

const placement = placementOn({ width: 640, height: 480 });

let consumer, stgan, glue;
before(async () => {
  consumer = project();
  stgan = await import(pathToFileURL(consumer.path('dist/index.js')));
  glue = await import(pathToFileURL(consumer.path('wasm/stgan.js')));
});
after(() => consumer.remove());

const same = (a, b) => Buffer.from(a.data.buffer).equals(Buffer.from(b.data.buffer));

/** The size of the wasm memory, which only grows. */
const memory = async () => (await glue.default()).memory.buffer.byteLength;

describe('the package', () => {
  test('holds what its manifest names, types first, and depends on nothing', () => {
    const { exports, dependencies, version } = consumer.manifest;
    assert.equal(Object.keys(exports['.'])[0], 'types');
    assert.match(version, /^\d+\.\d+\.\d+/);
    assert.equal(dependencies, undefined);
    const named = Object.values(exports).flatMap((target) =>
      typeof target === 'string' ? target : Object.values(target),
    );
    for (const path of [...named, './README.md', './LICENSE-MIT', './LICENSE-APACHE']) {
      assert.ok(consumer.packed.includes(path.slice(2)), path);
    }
  });

  test('does nothing when it is imported', () => {
    const script = join(consumer.folder, 'import.mjs');
    writeFileSync(
      script,
      `const trap = (name) => () => { throw new Error(name + ' was used') };
       globalThis.fetch = trap('fetch');
       for (const name of Object.getOwnPropertyNames(WebAssembly)) WebAssembly[name] = trap(name);
       const before = Object.getOwnPropertyNames(globalThis).join();
       const { TryOn } = await import('stgan');
       if (Object.getOwnPropertyNames(globalThis).join() !== before) throw new Error('globals were changed');
       console.log(typeof TryOn.create);`,
    );
    assert.equal(execFileSync(process.execPath, [script], { encoding: 'utf8' }), 'function\n');
  });
});

describe('a fit', () => {
  let tryOn;
  before(async () => (tryOn = await stgan.TryOn.create()));
  after(() => tryOn.dispose());

  test('takes pixels and gives homographies and pixels', async () => {
    const [back, front] = [photo(), glasses()];
    const untouched = back.data.slice();
    const fit = await tryOn.fit(back, front, { placement });
    assert.equal(fit.steps, tryOn.model.updates);
    assert.equal(fit.updates.length, fit.steps);
    for (const { delta, params, homography } of fit.updates) {
      assert.deepEqual([delta.length, params.length, homography.length], [8, 8, 9]);
      assert.ok([...delta, ...params, ...homography].every(Number.isFinite));
      assert.equal(homography[8], 1);
    }
    assert.deepEqual(fit.homography, fit.updates.at(-1).homography);
    // As placed: the centre of the alpha bounding box (10 to 390, 10 to 150) lies on the placement's, its side ends in place.
    const close = (a, b) => assert.ok(Math.hypot(a[0] - b[0], a[1] - b[1]) < 1e-6, `${a} is not ${b}`);
    const turn = (placement.rotation * Math.PI) / 180;
    close(apply(fit.initial, 200, 80), [placement.x, placement.y]);
    close(apply(fit.initial, 390, 80), [
      placement.x + (placement.width / 2) * Math.cos(turn),
      placement.y + (placement.width / 2) * Math.sin(turn),
    ]);

    for (const step of [0, undefined]) {
      const [composite, overlay] = [fit.composite({ step }), fit.overlay({ step })];
      assert.deepEqual([composite.width, composite.height, composite.colorSpace], [640, 480, 'srgb']);
      assert.ok(composite.data instanceof Uint8ClampedArray);
      assert.equal(strangers(composite, back, overlay), 0);
    }
    const { width, height } = fit.overlay({ step: 0 }).image;
    assert.ok(width > 192 && width < 220 && height > 70 && height < 120, `${width}×${height}`);
    assert.ok(same(back, { data: untouched }), 'the photo was changed');
    fit.dispose();
  });

  test('takes encoded files, turned upright', async () => {
    const front = glasses();
    const at = { x: 12, y: 8, width: 14 };
    for (const [kind, size] of [
      ['jpeg', [16, 24]],
      ['png', [24, 16]],
      ['webp', [24, 16]],
    ]) {
      for (const source of [
        files[kind],
        files[kind].slice().buffer,
        Buffer.from(files[kind]),
        new Blob([files[kind]]),
      ]) {
        const fit = await tryOn.fit(source, front, { placement: at, steps: 0 });
        const { data, width, height } = fit.composite();
        assert.deepEqual([width, height], size, kind);
        // Red where the left side was.
        assert.ok(data[0] > 240 && data[2] < 15, kind);
        fit.dispose();
      }
    }
    const fit = await tryOn.fit(photo(), files.png, { placement });
    assert.equal(
      fit.overlay({ step: 0 }).image.data.some((value) => value > 0),
      true,
    );
    fit.dispose();
  });

  test('can make fewer updates, or none', async () => {
    const fit = await tryOn.fit(photo(), glasses(), { placement, steps: 0 });
    assert.equal(fit.steps, 0);
    assert.deepEqual(fit.homography, fit.initial);
    assert.equal(await failure(Promise.resolve().then(() => fit.composite({ step: 1 }))), 'StganError step');
    fit.dispose();
  });

  test('has no overlay off the photo, and composites to the photo', async () => {
    const back = photo();
    const fit = await tryOn.fit(back, glasses(), { placement: { x: -150, y: 200, width: 192 }, steps: 0 });
    assert.equal(fit.overlay(), null);
    assert.ok(same(fit.composite(), back));
    fit.dispose();
  });

  test('says what is wrong by a code', async () => {
    const [back, front] = [photo(), glasses()];
    const nobody = { ...back, data: new Uint8Array(back.data.length).fill(150) };
    const code = (...args) => failure(tryOn.fit(...args));
    const cases = [
      ['no-face', nobody, front, undefined],
      ['no-face', nobody, front, {}],
      ['placement', back, front, { placement: { x: 1, y: 2 } }],
      ['placement', back, front, { placement: { ...placement, x: '320' } }],
      ['placement', back, front, { placement: { ...placement, y: NaN } }],
      ['placement', back, front, { placement: { ...placement, rotation: Infinity } }],
      ['placement', back, front, { placement: { ...placement, width: 0 } }],
      ['placement', back, front, { placement: { ...placement, x: 50_000 } }],
      ['argument', back, front, { placement, steps: 1.5 }],
      ['argument', back, front, { placement, steps: -1 }],
      ['argument', back, front, { placement, steps: 1e6 }],
      ['argument', back, front, { placement, steps: 'all' }],
      ['unsupported-image', undefined, front, { placement }],
      ['unsupported-image', 'photo.jpg', front, { placement }],
      ['unsupported-image', back, {}, { placement }],
      ['unsupported-image', back, back.data, { placement }],
      ['unsupported-image', { ...back, data: [...back.data] }, front, { placement }],
      ['image-size', { ...back, width: 641 }, front, { placement }],
      ['image-size', back, { ...front, height: 0 }, { placement }],
      ['image-size', { ...back, width: 0.5 }, front, { placement }],
      ['image-too-large', { ...back, width: 8001, height: 8000 }, front, { placement }],
      ['empty-frame', back, { data: new Uint8Array(400), width: 10, height: 10 }, { placement }],
      ['decode', new Uint8Array(100), front, { placement }],
      ['decode', new Uint8Array(0), front, { placement }],
      ['decode', files.jpeg.subarray(0, 600), front, { placement }],
      ['decode', back, files.png.subarray(0, 100), { placement }],
    ];
    for (const [expected, ...args] of cases) {
      assert.equal(await code(...args), `StganError ${expected}`, JSON.stringify(args[2] ?? expected));
    }
    const fit = await tryOn.fit(back, front, { placement });
    for (const step of [-1, 0.5, fit.steps + 1, NaN, '1']) {
      assert.throws(() => fit.composite({ step }), { name: 'StganError', code: 'step' });
      assert.throws(() => fit.overlay({ step }), { name: 'StganError', code: 'step' });
    }
    fit.dispose();
  });

  test('of 48 megapixels leaves the photo outside of wasm', async () => {
    const back = photo(8000, 6000);
    // A face of a group: wasm is given what lies around the frame, about two and a half times as wide and high.
    const fit = await tryOn.fit(back, glasses(1000, 400), { placement: { ...placementOn(back), width: 800 } });
    const composite = fit.composite({ step: 0 });
    assert.deepEqual([composite.width, composite.height], [8000, 6000]);
    const rows = (picture, from, to) => Buffer.from(picture.data.buffer, from * 32_000, (to - from) * 32_000);
    const { y, image } = fit.overlay({ step: 0 });
    assert.ok(rows(composite, 0, y).equals(rows(back, 0, y)));
    assert.ok(rows(composite, y + image.height, 6000).equals(rows(back, y + image.height, 6000)));
    assert.ok(!rows(composite, y, y + image.height).equals(rows(back, y, y + image.height)));
    assert.ok((await memory()) < 75e6, `wasm holds ${await memory()} bytes`);
    fit.dispose();
  });

  test('gives its memory back', async () => {
    const [back, front] = [photo(), glasses()];
    const round = async () => {
      const other = await stgan.TryOn.create();
      const fit = await other.fit(back, front, { placement });
      fit.composite();
      other.dispose();
      fit.dispose();
    };
    for (let i = 0; i < 3; i++) await round();
    const size = await memory();
    for (let i = 0; i < 20; i++) await round();
    assert.equal(await memory(), size);
  });

  test('can be disposed of twice, and not used afterwards', async () => {
    const other = await stgan.TryOn.create();
    const fit = await other.fit(photo(), glasses(), { placement });
    other.dispose();
    other[Symbol.dispose]();
    assert.equal(await failure(other.fit(photo(), glasses(), { placement })), 'StganError disposed');
    assert.equal(fit.composite().width, 640);
    fit[Symbol.dispose]();
    fit.dispose();
    assert.throws(() => fit.composite(), { name: 'StganError', code: 'disposed' });
    assert.throws(() => fit.overlay(), { name: 'StganError', code: 'disposed' });
    assert.equal(fit.homography.length, 9);
  });
});

describe('loading', () => {
  const create = (options) => stgan.TryOn.create(options);
  const file = (path) => readFileSync(consumer.path(path));

  test('takes bytes, responses, URLs and modules', async () => {
    const server = await serve(consumer.path('.'));
    const weights = file('weights/glasses.safetensors');
    const url = `${server.url}weights/glasses.safetensors`;
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
      assert.ok(tryOn.model.stages >= 1);
      tryOn.dispose();
    }
    const decoder = await WebAssembly.compile(file('wasm/decoder.wasm'));
    const tryOn = await create({ decoder });
    assert.equal(
      (await tryOn.fit(files.png, glasses(), { placement: { x: 12, y: 8, width: 14 } })).composite().width,
      24,
    );
    tryOn.dispose();
    await server.close();
  });

  test('says how far it is', async () => {
    const server = await serve(consumer.path('.'));
    const seen = [];
    const tryOn = await create({
      weights: `${server.url}weights/glasses.safetensors`,
      onProgress: (progress) => seen.push(progress),
    });
    const size = file('weights/glasses.safetensors').length;
    assert.deepEqual(seen[0], { phase: 'weights', loaded: 0, total: size });
    assert.deepEqual(seen.at(-1), { phase: 'weights', loaded: size, total: size });
    assert.ok(seen.every(({ loaded }, i) => i === 0 || loaded >= seen[i - 1].loaded));
    tryOn.dispose();
    await server.close();
  });

  test('says what went wrong by a code', async () => {
    const server = await serve(consumer.path('.'));
    const weights = file('weights/glasses.safetensors');
    const garbled = weights.subarray(0, weights.length - 64);
    const cases = [
      ['fetch', { weights: `${server.url}missing.safetensors` }],
      ['fetch', { weights: 'http://127.0.0.1:9/nobody-listens' }],
      ['fetch', { weights: pathToFileURL(consumer.path('missing.safetensors')) }],
      ['fetch', { weights: 'not an address' }],
      ['argument', { weights: 42 }],
      ['argument', { weights: {} }],
      ['weights', { weights: garbled }],
      ['weights', { weights: new Uint8Array(0) }],
      ['weights', { weights: file('wasm/stgan.wasm') }],
    ];
    for (const [i, [code, options]] of cases.entries())
      assert.equal(await failure(create(options)), `StganError ${code}`, `case ${i}`);
    const tryOn = await create();
    tryOn.dispose();
    await server.close();
  });

  test('can be aborted', async () => {
    const controller = new AbortController();
    controller.abort();
    assert.equal(await failure(create({ signal: controller.signal })), 'StganError aborted');
    // A body that never ends, with nobody but the signal to stop it.
    const late = new AbortController();
    const body = new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(16)) });
    let chunks = 0;
    const onProgress = () => ++chunks === 5 && late.abort();
    assert.equal(
      await failure(create({ weights: new Response(body), signal: late.signal, onProgress })),
      'StganError aborted',
    );
  });

  test('works side by side', async () => {
    const all = await Promise.all([create(), create(), create()]);
    const fits = await Promise.all(all.map((tryOn) => tryOn.fit(photo(), glasses(), { placement })));
    assert.deepEqual(fits[1].homography, fits[0].homography);
    assert.deepEqual(fits[2].homography, fits[0].homography);
    for (const object of [...all, ...fits]) object.dispose();
  });

  test('starts with the first module that works', () => {
    // In a process of its own: this one has its module already.
    const script = join(consumer.folder, 'first.mjs');
    writeFileSync(
      script,
      `import { readFileSync } from 'node:fs';
       import { TryOn } from 'stgan';
       const code = (wasm) => TryOn.create({ wasm }).then(() => 'none', (error) => error.code);
       const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
       const decoder = readFileSync(new URL(import.meta.resolve('stgan/wasm/decoder.wasm')));
       const mine = WebAssembly.compile(readFileSync(new URL(import.meta.resolve('stgan/wasm/stgan.wasm'))));
       const [module, ...codes] = [await mine, await code(empty), await code(decoder), await code(new Uint8Array(9)), await code(new Response('', { status: 404 }))];
       const all = await Promise.allSettled([code(empty), TryOn.create({ wasm: module }), TryOn.create(), code(empty)]);
       console.log(codes.join(), all.map(({ value }) => value?.model?.stages > 0).join());`,
    );
    assert.equal(
      execFileSync(process.execPath, [script], { encoding: 'utf8' }),
      'wasm,wasm,wasm,fetch false,true,true,false\n',
    );
  });

  test('starts afresh after a crash', async () => {
    const tryOn = await create();
    const earlier = await tryOn.fit(photo(), glasses(), { placement });
    // Without memory left, the next large allocation traps.
    const wasm = (await glue.default()).memory;
    wasm.grow(65_536 - wasm.buffer.byteLength / 65_536);
    const huge = { data: new Uint8Array(24_000_000).fill(255), width: 3000, height: 2000 };
    let last;
    for (let i = 0; i < 20 && last !== 'StganError internal'; i++)
      last = await failure(tryOn.fit(photo(), huge, { placement }));
    assert.equal(last, 'StganError internal');
    assert.equal(await failure(tryOn.fit(photo(), glasses(), { placement })), 'StganError internal');
    assert.throws(() => earlier.composite(), { name: 'StganError', code: 'internal' });
    earlier.dispose();
    tryOn.dispose();
    const next = await create();
    const fit = await next.fit(photo(), glasses(), { placement });
    assert.deepEqual(fit.homography, earlier.homography);
    fit.dispose();
    next.dispose();
  });
});
