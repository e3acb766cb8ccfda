/** Following faces with the packed package: in Node, and in a page with a camera that plays the project's own clip. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { findBrowser, launchBrowser } from '../../scripts/browser.mjs';
import { serve } from '../../scripts/serve.mjs';
import { camera, clip } from '../camera.mjs';
import { project, tool } from './consumer.mjs';
import { apply, failure, glasses, photo } from './pictures.mjs';

let consumer;
before(() => {
  consumer = project('vite/index.html', 'vite/main.js', 'vite/worker.js', 'vite/vite.config.js', 'pictures.mjs');
});
after(() => consumer.remove());

describe('in Node', () => {
  let stgan, tryOn, face;
  before(async () => {
    stgan = await import(pathToFileURL(consumer.path('dist/index.js')));
    tryOn = await stgan.TryOn.create();
    face = await picture(1.8);
  });
  after(() => tryOn.dispose());

  /** A picture of the clip, by its second. */
  async function picture(second) {
    const bytes = readFileSync(clip());
    let [at, index] = [0, Math.round(second * 30)];
    while (index-- > 0) at = bytes.indexOf(Buffer.of(0xff, 0xd8, 0xff), at + 1);
    const end = bytes.indexOf(Buffer.of(0xff, 0xd8, 0xff), at + 1);
    // The package decodes; what it puts on is a speck in the corner.
    const fit = await tryOn.fit(bytes.subarray(at, end), glasses(), { placement: { x: 1, y: 1, width: 1 }, steps: 0 });
    const { data, width, height } = fit.composite();
    fit.dispose();
    return { data, width, height };
  }

  async function* repeat(pictures, times = 1) {
    for (let i = 0; i < times; i++) yield* pictures;
  }

  test('pictures from anywhere: found, followed, and put on', async () => {
    const seen = [];
    const states = [];
    const track = await tryOn.track(repeat([face], 12), glasses(), {
      onFrame: (frame) => seen.push(frame),
      onState: (state) => states.push(state),
    });
    assert.equal(track.state, 'searching');
    const image = await track.snapshot();
    assert.deepEqual([image.width, image.height], [face.width, face.height]);
    await track.ended;
    assert.deepEqual(states, ['found', 'stopped']);
    assert.equal(seen.length, 12);
    const { faces, width, height, steps, times } = seen.at(-1);
    assert.equal(faces.length, 1);
    assert.deepEqual([width, height, steps >= 1], [face.width, face.height, true]);
    assert.deepEqual(Object.keys(times), ['read', 'find', 'fit', 'draw']);
    const [{ id, homography, eyes, placement, score }] = faces;
    assert.ok(seen.every((frame) => frame.faces[0].id === id));
    assert.equal(homography[8], 1);
    // The frame's box is the picture but for ten pixels a side; its middle is where the placement says.
    const [x, y] = apply(homography, 200, 80);
    assert.ok(Math.hypot(x - (eyes[0].x + eyes[1].x) / 2, y - (eyes[0].y + eyes[1].y) / 2) < 0.1 * placement.width);
    assert.ok(score > 0 && score <= 1 && placement.width > 60 && placement.width < 200, JSON.stringify(faces));
    // At rest on a picture that rests.
    const [a, b] = seen.slice(-2).map((frame) => frame.faces[0].eyes[0]);
    assert.ok(Math.hypot(a.x - b.x, a.y - b.y) < 0.5);
    const changed = image.data.some((value, i) => value !== face.data[i]);
    assert.ok(changed, 'the snapshot has the frame on');
  });

  test('nobody there is no error', async () => {
    const flat = { data: new Uint8Array(160 * 120 * 4).fill(140), width: 160, height: 120 };
    const counts = [];
    const track = await tryOn.track(repeat([flat], 5), glasses(), {
      people: 3,
      onFrame: ({ faces }) => counts.push(faces.length),
    });
    await track.ended;
    assert.deepEqual(counts, [0, 0, 0, 0, 0]);
  });

  test('another frame, and the end', async () => {
    let closed = false;
    async function* endless() {
      try {
        for (;;) {
          yield face;
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        closed = true;
      }
    }
    const frames = [];
    const track = await tryOn.track(endless(), glasses(), { onFrame: (frame) => frames.push(frame) });
    await track.snapshot();
    await track.setFrame(glasses(800, 320));
    const before = frames.length;
    await track.snapshot();
    const [old, now] = [frames[before - 1], frames.at(-1)].map(({ faces }) => faces[0]);
    assert.equal(now.id, old.id);
    const [a, b] = [apply(old.homography, 200, 80), apply(now.homography, 400, 160)];
    assert.ok(Math.hypot(a[0] - b[0], a[1] - b[1]) < 3, 'where the last one was');
    assert.equal(
      await failure(track.setFrame({ ...glasses(), data: new Uint8Array(400 * 160 * 4) })),
      'StganError empty-frame',
    );
    await track.snapshot();
    const waiting = failure(track.snapshot());
    track.stop();
    track.stop();
    await track.ended;
    assert.equal(await waiting, 'StganError disposed');
    assert.equal(track.state, 'stopped');
    assert.throws(() => track.snapshot(), { code: 'disposed' });
    assert.equal(await failure(track.setFrame(glasses())), 'StganError disposed');
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(closed, 'the source is told');
  });

  test('says what is wrong by a code', async () => {
    const code = (source, frame = glasses(), options = {}) => failure(tryOn.track(source, frame, options));
    const controller = new AbortController();
    controller.abort();
    assert.deepEqual(
      [
        await code('camera'),
        await code(5),
        await code(null),
        await code(repeat([face]), photo(0, 0)),
        await code(repeat([face]), glasses(), { people: 0 }),
        await code(repeat([face]), glasses(), { people: 17 }),
        await code(repeat([face]), glasses(), { steps: 1.5 }),
        await code(repeat([face]), glasses(), { budget: NaN }),
        await code(repeat([face]), glasses(), { signal: controller.signal }),
      ],
      [
        'StganError camera-unavailable',
        'StganError argument',
        'StganError argument',
        'StganError image-size',
        'StganError argument',
        'StganError argument',
        'StganError argument',
        'StganError argument',
        'StganError aborted',
      ],
    );
    const broken = await tryOn.track(repeat([{ width: 3, height: 3, data: new Uint8Array(5) }]), glasses());
    assert.equal(await failure(broken.ended), 'StganError image-size');
    const thrown = await tryOn.track(repeat([face]), glasses(), {
      onFrame() {
        throw new Error('mine');
      },
    });
    assert.equal(await failure(thrown.ended), 'StganError internal');
    assert.equal(thrown.state, 'stopped');
    const later = new AbortController();
    const stopped = await tryOn.track(repeat([face], 1e9), glasses(), {
      signal: later.signal,
      onFrame: () => later.abort(),
    });
    await stopped.ended;
    assert.equal(stopped.state, 'stopped');
  });
});

describe('in a page', { skip: !findBrowser() && !process.env.CI && 'there is no Chromium or Chrome' }, () => {
  let server, browser;
  before(async () => {
    tool(consumer.folder, 'vite/bin/vite.js', 'build', '--logLevel', 'warn');
    server = await serve(join(consumer.folder, 'dist'));
    browser = await launchBrowser(...camera());
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  async function open() {
    const page = await (await browser.newContext()).newPage();
    const problems = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(server.url);
    await page.waitForFunction(() => window.pictures !== undefined);
    return { page, problems, close: () => page.context().close() };
  }

  test('the camera: opened, drawn, found, lost, found again, and off at the end', async () => {
    const { page, problems, close } = await open();
    const result = await page.evaluate(async () => {
      const opened = [];
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (...wishes) => {
        opened.push(await open(...wishes));
        return opened.at(-1);
      };
      const tryOn = await window.stgan.TryOn.create();
      const canvas = document.createElement('canvas');
      const states = [];
      const track = await tryOn.track('camera', window.pictures.glasses(), {
        canvas,
        onState: (state) => states.push(state),
      });
      while (states.filter((state) => state === 'found').length < 2) await track.snapshot();
      const drawn = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const { width, height } = await track.snapshot();
      const on = opened[0].getTracks().every(({ readyState }) => readyState === 'live');
      track.stop();
      await track.ended;
      return {
        states,
        size: [width, height],
        canvas: [canvas.width, canvas.height],
        blank: drawn.data.every((value) => value === drawn.data[0]),
        on,
        off: opened[0].getTracks().every(({ readyState }) => readyState === 'ended'),
      };
    });
    const { states, ...rest } = result;
    assert.deepEqual(states.slice(0, 3), ['found', 'searching', 'found']);
    assert.equal(states.at(-1), 'stopped');
    assert.deepEqual(rest, { size: [480, 360], canvas: [480, 360], blank: false, on: true, off: true });
    assert.deepEqual(problems, []);
    await close();
  });

  test('a stream and a video element of the page’s own are left running', async () => {
    const { page, problems, close } = await open();
    const result = await page.evaluate(async () => {
      const tryOn = await window.stgan.TryOn.create();
      const stream = await navigator.mediaDevices.getUserMedia({ video: true });
      const video = await window.playing(stream);
      const sizes = [];
      for (const source of [stream, video]) {
        const track = await tryOn.track(source, window.pictures.glasses());
        const { width, height } = await track.snapshot();
        track.stop();
        await track.ended;
        sizes.push([width, height]);
      }
      return {
        sizes,
        live: stream.getTracks().every(({ readyState }) => readyState === 'live'),
        playing: !video.paused,
      };
    });
    assert.deepEqual(result, {
      sizes: [
        [480, 360],
        [480, 360],
      ],
      live: true,
      playing: true,
    });
    assert.deepEqual(problems, []);
    await close();
  });

  test('whoever is slow gets the newest picture, and none of those between', async () => {
    const { page, problems, close } = await open();
    const result = await page.evaluate(async () => {
      const video = await window.playing(await navigator.mediaDevices.getUserMedia({ video: true }));
      const stop = new AbortController();
      const seen = [];
      for await (const picture of window.stgan.pictures(video, stop)) {
        seen.push(picture.timestamp / 1e6);
        picture.close();
        if (seen.length === 5) stop.abort();
        // Long enough for ten more to be shown.
        let last = 0;
        for (let i = 0; i < 10; i++) {
          last = await new Promise((resolve) => video.requestVideoFrameCallback((_, now) => resolve(now.mediaTime)));
        }
        seen.push(last);
      }
      return seen;
    });
    assert.equal(result.length, 6, 'ended by the signal');
    const [, shown, second, later, third] = result;
    assert.ok(second >= shown && third >= later, String(result));
    assert.deepEqual(problems, []);
    await close();
  });

  test('in a module worker, on an offscreen canvas, with pictures that the page posts', async () => {
    const { page, problems, close } = await open();
    const result = await page.evaluate(async () => {
      const video = await window.playing(await navigator.mediaDevices.getUserMedia({ video: true }));
      return window.trackInWorker(video, window.pictures.glasses(), ({ faces }) => faces > 0);
    });
    assert.deepEqual(result, { faces: 1, size: [480, 360], drawn: [480, 360] });
    assert.deepEqual(problems, []);
    await close();
  });

  test('a hidden page pauses', async () => {
    const { page, close } = await open();
    const states = await page.evaluate(async () => {
      const tryOn = await window.stgan.TryOn.create();
      const states = [];
      const track = await tryOn.track('camera', window.pictures.glasses(), { onState: (state) => states.push(state) });
      await track.snapshot();
      const hide = (hidden) => {
        Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      };
      hide(true);
      const state = track.state;
      hide(false);
      await track.snapshot();
      const after = track.state;
      track.stop();
      return [state, after !== 'paused', track.state];
    });
    assert.deepEqual(states, ['paused', true, 'stopped']);
    await close();
  });

  test('a video that cannot be played, a canvas that is used otherwise, and a camera that is refused', async () => {
    const { page, close } = await open();
    const result = await page.evaluate(async () => {
      const { failure, glasses } = window.pictures;
      const tryOn = await window.stgan.TryOn.create();
      const broken = Object.assign(document.createElement('video'), { src: 'data:video/webm;base64,AAAA' });
      await new Promise((resolve) => (broken.onerror = resolve));
      const track = await tryOn.track(broken, glasses());
      const taken = document.createElement('canvas');
      taken.getContext('bitmaprenderer');
      const streams = [];
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (...wishes) => {
        streams.push(await open(...wishes));
        return streams.at(-1);
      };
      const used = await failure(tryOn.track('camera', glasses(), { canvas: taken }));
      const off = streams[0].getTracks().every(({ readyState }) => readyState === 'ended');
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
      return [await failure(track.ended), used, off, await failure(tryOn.track('camera', glasses()))];
    });
    assert.deepEqual(result, ['StganError video', 'StganError argument', true, 'StganError camera-denied']);
    await close();
  });
});
