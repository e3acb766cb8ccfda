/** `TryOn.create({ worker })` of the packed package, compared with the main thread. */
import { join } from 'node:path';
import { root } from '../../../scripts/project.mjs';
import { expect, test } from './fixtures.mjs';

test('a worker gives the same results as the main thread, bit for bit', async ({ page }) => {
  const gallery = join(root, 'www', 'public', 'gallery');
  const files = { '**/glasses.png': 'glasses/harbour.png', '**/portrait.jpg': 'portraits/helen.jpg' };
  for (const [url, file] of Object.entries(files))
    await page.route(url, (route) => route.fulfill({ path: join(gallery, file) }));
  const result = await page.evaluate(async () => {
    const { images, toBlob, toImageData } = window;
    const photo = images.photo();
    const clean = await createImageBitmap(await (await fetch('glasses.png')).blob());
    const context = new OffscreenCanvas(clean.width, clean.height).getContext('2d');
    context.drawImage(clean, 0, 0);
    const opaque = images.onWhite(context.getImageData(0, 0, clean.width, clean.height), 1000, 600);
    const blob = await toBlob(photo, 'image/jpeg');
    const canvas = new OffscreenCanvas(photo.width, photo.height);
    canvas.getContext('2d').putImageData(toImageData(photo), 0, 0);
    const image = Object.assign(new Image(), { src: URL.createObjectURL(blob) });
    const photos = { photo, data: toImageData(photo), blob, bytes: await blob.arrayBuffer(), canvas, image };
    photos.bitmap = await createImageBitmap(blob);
    photos.portrait = await (await fetch('portrait.jpg')).blob();
    const run = async (tryOn) => {
      const results = { model: tryOn.model };
      const prepared = await tryOn.glasses(opaque, { widthMm: 140 });
      const { report, bounds, lensCentres, toSource, widthMm } = prepared;
      results.glasses = { report, bounds, lensCentres, toSource, widthMm, image: await prepared.image };
      for (const [type, source] of Object.entries(photos)) {
        const fit = await tryOn.fit(source, type === 'photo' ? images.glasses() : prepared);
        const { updates, initial, homography, confidence } = fit;
        const composites = [await fit.composite(), await fit.composite({ update: 0 })];
        results[type] = { updates, initial, homography, confidence, composites, overlay: await fit.overlay() };
        fit.dispose();
      }
      results.faces = await tryOn.locate(photos.blob);
      return results;
    };
    const inPage = await run(await window.stgan.TryOn.create());
    const worker = await window.stgan.TryOn.create({ worker: true });
    const inWorker = await run(worker);
    worker.dispose();
    const differing = [];
    const compare = (path, a, b) => {
      if (a instanceof ImageData || ArrayBuffer.isView(a)) {
        const [x, y] = [a.data ?? a, b.data ?? b];
        if (x.length !== y.length || a.width !== b.width || x.some((value, i) => value !== y[i])) differing.push(path);
      } else if (typeof a === 'object' && a !== null) {
        for (const key of Object.keys(a)) compare(`${path}.${key}`, a[key], b?.[key]);
      } else if (a !== b) differing.push(path);
    };
    compare('', inPage, inWorker);
    return { differing, compared: Object.keys(inPage), isImageData: inWorker.blob.overlay.image instanceof ImageData };
  });
  expect(result.differing).toEqual([]);
  expect(result.compared.length).toBe(11);
  expect(result.isImageData).toBe(true);
});

test('a photo that is passed again is sent once, and fits of other photos keep theirs', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { images, placement, toBlob, toImageData } = window;
    const { TryOn } = window.stgan;
    const sent = [];
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...rest) {
      const { image } = message.request ?? {};
      if (image instanceof Blob || image instanceof ImageBitmap) sent.push(image);
      postMessage.call(this, message, ...rest);
    };
    const [first, second] = [
      await toBlob(images.photo(), 'image/png'),
      await createImageBitmap(toImageData(images.photo()), 4, 4, 300, 300),
    ];
    const tryOn = await TryOn.create({ worker: true });
    const glasses = await tryOn.glasses(images.glasses());
    const faces = [await tryOn.locate(first), await tryOn.locate(first)];
    const fit = (photo) => tryOn.fit(photo, glasses, { placement });
    const before = [await fit(first), await fit(second)];
    const together = await Promise.all([fit(first), fit(second), fit(second), fit(first)]);
    const draw = async (fits) => {
      const composites = await Promise.all(fits.map((each) => each.composite()));
      return composites.map(
        ({ data, width }) => `${width} ${data.reduce((sum, value, i) => sum + value * (i % 251), 0)}`,
      );
    };
    const drawn = await draw(before);
    const [a, b, c, d] = await draw(together);
    for (const each of [...before, ...together]) each.dispose();
    const again = await draw([await fit(first)]);
    return {
      sent: sent.map((image) => [first, second].indexOf(image)),
      sameFaces: JSON.stringify(faces[0]) === JSON.stringify(faces[1]),
      same: [a, d, ...again].every((each) => each === drawn[0]) && [b, c].every((each) => each === drawn[1]),
      differ: drawn[0] !== drawn[1],
    };
  });
  expect(result).toEqual({ sent: [0, 1, 0, 1, 0], sameFaces: true, same: true, differ: true });
});

test('failures in a worker have the codes of the main thread', async ({ page }) => {
  const codes = await page.evaluate(async () => {
    const { images, placement } = window;
    const { failure } = images;
    const [photo, glasses] = [images.photo(), images.glasses()];
    const blank = { data: new Uint8ClampedArray(64 * 64 * 4).fill(128), width: 64, height: 64 };
    const closed = await createImageBitmap(toImageData(photo));
    closed.close();
    const run = async (tryOn) => {
      const fit = await tryOn.fit(photo, glasses, { placement });
      const codes = {
        noFace: await failure(tryOn.fit(blank, glasses)),
        decode: await failure(tryOn.fit(new Blob(['hello']), glasses, { placement })),
        type: await failure(tryOn.fit(document.body, glasses, { placement })),
        size: await failure(tryOn.fit({ ...photo, width: 1 }, glasses, { placement })),
        closed: await failure(tryOn.fit(closed, glasses, { placement })),
        canvas: await failure(tryOn.fit(new OffscreenCanvas(0, 0), glasses, { placement })),
        empty: await failure(tryOn.fit(photo, { ...blank, data: new Uint8Array(blank.data.length) }, { placement })),
        placement: await failure(tryOn.fit(photo, glasses, { placement: { x: 1, y: 2 } })),
        updates: await failure(tryOn.fit(photo, glasses, { placement, updates: 1.5 })),
        update: await failure((async () => fit.composite({ update: 99 }))()),
        cutOut: await failure(tryOn.glasses(glasses, { cutOut: 'perhaps' })),
        entry: await failure(tryOn.glasses({ error: { code: 'too-small', message: 'too small' } })),
        source: await failure(tryOn.track(7, glasses)),
        people: await failure(tryOn.track('camera', glasses, { people: 0 })),
      };
      fit.dispose();
      codes.disposedFit = await failure((async () => fit.composite())());
      const prepared = await tryOn.glasses(glasses);
      prepared.dispose();
      codes.disposedGlasses = await failure(tryOn.fit(photo, prepared, { placement }));
      codes.disposedImage = await failure((async () => prepared.image)());
      tryOn.dispose();
      codes.disposed = await failure((async () => tryOn.fit(photo, glasses))());
      return codes;
    };
    const { TryOn } = window.stgan;
    return { inPage: await run(await TryOn.create()), inWorker: await run(await TryOn.create({ worker: true })) };
  });
  expect(codes.inWorker).toEqual(codes.inPage);
  expect(Object.values(codes.inPage)).not.toContain('no failure');
});

test('an aborted request fails at once, and the worker stays usable', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { images, placement } = window;
    const { failure } = images;
    const { TryOn } = window.stgan;
    const [photo, glasses] = [images.photo(), images.glasses()];
    const abortDuring = async (work) => {
      const controller = new AbortController();
      const outcome = failure(work(controller.signal));
      controller.abort();
      return outcome;
    };
    const create = await abortDuring((signal) => TryOn.create({ worker: true, signal }));
    const worker = await TryOn.create({ worker: true });
    const aborted = AbortSignal.abort();
    return {
      create,
      fit: await abortDuring((signal) => worker.fit(photo, glasses, { placement, signal })),
      glasses: await abortDuring((signal) => worker.glasses(glasses, { signal })),
      before: await failure(worker.fit(photo, glasses, { placement, signal: aborted })),
      inPage: await failure((await TryOn.create()).fit(photo, glasses, { placement, signal: aborted })),
      after: (await worker.fit(photo, glasses, { placement })).updates.length > 0,
    };
  });
  const aborted = 'StganError aborted';
  expect(result).toEqual({
    create: aborted,
    fit: aborted,
    glasses: aborted,
    before: aborted,
    inPage: aborted,
    after: true,
  });
});

test('dispose ends the worker and the requests that wait for it', async ({ page }) => {
  const ended = page.waitForEvent('worker').then((worker) => worker.waitForEvent('close'));
  const result = await page.evaluate(async () => {
    const { images, placement } = window;
    const { failure } = images;
    const tryOn = await window.stgan.TryOn.create({ worker: true });
    const fit = await tryOn.fit(images.photo(), images.glasses(), { placement });
    const waiting = failure(tryOn.locate(images.photo()));
    tryOn.dispose();
    tryOn.dispose();
    return { waiting: await waiting, fit: await failure(fit.composite()), homography: fit.homography.length };
  });
  await ended;
  expect(result).toEqual({ waiting: 'StganError disposed', fit: 'StganError disposed', homography: 9 });
});

test('a worker reports progress, and failures of its start have a code', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { failure } = window.images;
    const { TryOn } = window.stgan;
    const events = [];
    const onProgress = (event) => events.push(event);
    (await TryOn.create({ worker: true, onProgress })).dispose();
    const elsewhere = location.href.replace('localhost', '127.0.0.1');
    return {
      phases: [...new Set(events.map(({ phase }) => phase))].sort(),
      loaded: events.findLast(({ phase }) => phase === 'weights').loaded > 1e6,
      missing: await failure(TryOn.create({ worker: '/missing.js' })),
      foreign: await failure(TryOn.create({ worker: `${elsewhere}worker.js` })),
      weights: await failure(TryOn.create({ worker: true, weights: '/missing.safetensors' })),
      wasm: await failure(TryOn.create({ worker: true, wasm: new Uint8Array(8) })),
      response: await failure(TryOn.create({ worker: true, wasm: fetch('/missing.wasm') })),
    };
  });
  expect(result).toEqual({
    phases: ['wasm', 'weights'],
    loaded: true,
    missing: 'StganError worker',
    foreign: 'StganError worker',
    weights: 'StganError fetch',
    wasm: 'StganError wasm',
    response: 'StganError fetch',
  });
});

test.describe('with a camera', () => {
  test.use({ permissions: ['camera'] });

  test('a worker tracks the camera, draws on a canvas of the page and starts again', async ({ page }) => {
    const result = await page.evaluate(async () => {
      const { images } = window;
      const tryOn = await window.stgan.TryOn.create({ worker: true });
      const canvas = document.createElement('canvas');
      const runs = [];
      for (const people of [1, 2]) {
        const states = [];
        let frames = 0;
        const track = await tryOn.track('camera', images.glasses(), {
          canvas,
          people,
          onState: (state) => states.push(state),
          onFrame: () => frames++,
        });
        while (!states.includes('found')) await track.snapshot();
        const before = track.glasses;
        await track.setGlasses(images.glasses(300, 120));
        const { width, height, data } = await track.snapshot();
        const [face] = track.faces;
        const run = {
          size: [width, height],
          isBlank: data.every((value) => value === data[0]),
          homography: face ? face.homography.length : 9,
          replaced: track.glasses !== before && (await track.glasses.image).width === 300,
          frames: frames > 1,
        };
        const pending = images.failure(track.snapshot());
        track.stop();
        await track.ended;
        runs.push({ ...run, pending: await pending, last: states.at(-1), size2: [canvas.width, canvas.height] });
      }
      const used = document.createElement('canvas');
      used.getContext('2d');
      const other = await window.stgan.TryOn.create({ worker: true });
      return {
        runs,
        used: await images.failure(tryOn.track('camera', images.glasses(), { canvas: used })),
        other: await images.failure(other.track('camera', images.glasses(), { canvas })),
      };
    });
    const run = {
      size: [480, 360],
      isBlank: false,
      homography: 9,
      replaced: true,
      frames: true,
      pending: 'StganError disposed',
      last: 'stopped',
      size2: [480, 360],
    };
    expect(result).toEqual({ runs: [run, run], used: 'StganError argument', other: 'StganError argument' });
  });

  test('dispose stops the tracks of a worker and closes the camera', async ({ page }) => {
    const result = await page.evaluate(async () => {
      const streams = [];
      const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (...constraints) => {
        streams.push(await getUserMedia(...constraints));
        return streams.at(-1);
      };
      const tryOn = await window.stgan.TryOn.create({ worker: true });
      const track = await tryOn.track('camera', window.images.glasses());
      await track.snapshot();
      tryOn.dispose();
      await track.ended;
      return [track.state, ...streams.flatMap((stream) => stream.getTracks().map(({ readyState }) => readyState))];
    });
    expect(result).toEqual(['stopped', 'ended']);
  });
});
