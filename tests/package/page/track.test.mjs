/** Following faces with the packed package in a page with a camera that plays the project's own clip. */
import { expect, test } from './fixtures.mjs';

test.use({ permissions: ['camera'] });

test('the camera: opened, drawn, found, lost, found again, and off at the end', async ({ page }) => {
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
  expect(states.slice(0, 3)).toEqual(['found', 'searching', 'found']);
  expect(states.at(-1)).toBe('stopped');
  expect(rest).toEqual({ size: [480, 360], canvas: [480, 360], blank: false, on: true, off: true });
});

test('a stream and a video element of the page’s own are left running', async ({ page }) => {
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
  expect(result).toEqual({
    sizes: [
      [480, 360],
      [480, 360],
    ],
    live: true,
    playing: true,
  });
});

test('whoever is slow gets the newest picture, and none of those between', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const video = await window.playing(await navigator.mediaDevices.getUserMedia({ video: true }));
    const stop = new AbortController();
    const seen = [];
    for await (const picture of window.stgan.videoFrames(video, stop)) {
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
  expect(result.length, 'ended by the signal').toBe(6);
  const [, shown, second, later, third] = result;
  expect(second, String(result)).toBeGreaterThanOrEqual(shown);
  expect(third, String(result)).toBeGreaterThanOrEqual(later);
});

test('in a module worker, on an offscreen canvas, with pictures that the page posts', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const video = await window.playing(await navigator.mediaDevices.getUserMedia({ video: true }));
    return window.trackInWorker(video, window.pictures.glasses(), ({ faces }) => faces > 0);
  });
  expect(result).toEqual({ faces: 1, size: [480, 360], drawn: [480, 360] });
});

test('a hidden page pauses', async ({ page }) => {
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
  expect(states).toEqual(['paused', true, 'stopped']);
});

test('a video that cannot be played, a canvas that is used otherwise, and a camera that is refused', async ({
  page,
}) => {
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
  expect(result).toEqual(['StganError video', 'StganError argument', true, 'StganError camera-denied']);
});
