/** Tracking faces with the packed package in a page whose camera plays the rendered clip. */
import { expect, test } from './fixtures.mjs';

test.use({ permissions: ['camera'] });

test('the camera is opened, drawn and closed, and a lost face is found again', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const streams = [];
    const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (...constraints) => {
      streams.push(await getUserMedia(...constraints));
      return streams.at(-1);
    };
    const tryOn = await window.stgan.TryOn.create();
    const canvas = document.createElement('canvas');
    const states = [];
    const track = await tryOn.track('camera', window.images.glasses(), {
      canvas,
      onState: (state) => states.push(state),
    });
    while (states.filter((state) => state === 'found').length < 2) await track.snapshot();
    const drawn = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const { width, height } = await track.snapshot();
    const wasLive = streams[0].getTracks().every(({ readyState }) => readyState === 'live');
    track.stop();
    await track.ended;
    return {
      states,
      size: [width, height],
      canvas: [canvas.width, canvas.height],
      isBlank: drawn.data.every((value) => value === drawn.data[0]),
      wasLive,
      hasEnded: streams[0].getTracks().every(({ readyState }) => readyState === 'ended'),
    };
  });
  const { states, ...rest } = result;
  expect(states.slice(0, 3)).toEqual(['found', 'searching', 'found']);
  expect(states.at(-1)).toBe('stopped');
  expect(rest).toEqual({ size: [480, 360], canvas: [480, 360], isBlank: false, wasLive: true, hasEnded: true });
});

test('a stream and a video element of the page keep running after tracking', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const tryOn = await window.stgan.TryOn.create();
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    const video = await window.playStream(stream);
    const sizes = [];
    for (const source of [stream, video]) {
      const track = await tryOn.track(source, window.images.glasses());
      const { width, height } = await track.snapshot();
      track.stop();
      await track.ended;
      sizes.push([width, height]);
    }
    return {
      sizes,
      isLive: stream.getTracks().every(({ readyState }) => readyState === 'live'),
      isPlaying: !video.paused,
    };
  });
  expect(result).toEqual({
    sizes: [
      [480, 360],
      [480, 360],
    ],
    isLive: true,
    isPlaying: true,
  });
});

test('a slow consumer of videoFrames gets the latest frame and skips the ones between', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const video = await window.playStream(await navigator.mediaDevices.getUserMedia({ video: true }));
    const controller = new AbortController();
    const times = [];
    for await (const frame of window.stgan.videoFrames(video, controller)) {
      times.push(frame.timestamp / 1e6);
      frame.close();
      if (times.length === 5) controller.abort();
      // Wait until ten more frames have been shown.
      let last = 0;
      for (let i = 0; i < 10; i++) {
        last = await new Promise((resolve) => video.requestVideoFrameCallback((_, now) => resolve(now.mediaTime)));
      }
      times.push(last);
    }
    return times;
  });
  expect(result.length, 'ended by the signal').toBe(6);
  const [, shown, second, later, third] = result;
  expect(second, String(result)).toBeGreaterThanOrEqual(shown);
  expect(third, String(result)).toBeGreaterThanOrEqual(later);
});

test('track works in a module worker on an offscreen canvas with frames from the page', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const video = await window.playStream(await navigator.mediaDevices.getUserMedia({ video: true }));
    return window.trackInWorker(video, window.images.glasses(), ({ faces }) => faces > 0);
  });
  expect(result).toEqual({ faces: 1, size: [480, 360], drawn: [480, 360] });
});

test('tracking pauses while the page is hidden', async ({ page }) => {
  const states = await page.evaluate(async () => {
    const tryOn = await window.stgan.TryOn.create();
    const states = [];
    const track = await tryOn.track('camera', window.images.glasses(), { onState: (state) => states.push(state) });
    await track.snapshot();
    const setHidden = (hidden) => {
      Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    };
    setHidden(true);
    const state = track.state;
    setHidden(false);
    await track.snapshot();
    const after = track.state;
    track.stop();
    return [state, after !== 'paused', track.state];
  });
  expect(states).toEqual(['paused', true, 'stopped']);
});

test('a broken video, a canvas with another context and a denied camera are errors with a code', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { failure, glasses } = window.images;
    const tryOn = await window.stgan.TryOn.create();
    const broken = Object.assign(document.createElement('video'), { src: 'data:video/webm;base64,AAAA' });
    await new Promise((resolve) => (broken.onerror = resolve));
    const track = await tryOn.track(broken, glasses());
    const otherContext = document.createElement('canvas');
    otherContext.getContext('bitmaprenderer');
    const streams = [];
    const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (...constraints) => {
      streams.push(await getUserMedia(...constraints));
      return streams.at(-1);
    };
    const canvasError = await failure(tryOn.track('camera', glasses(), { canvas: otherContext }));
    const hasEnded = streams[0].getTracks().every(({ readyState }) => readyState === 'ended');
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    return [await failure(track.ended), canvasError, hasEnded, await failure(tryOn.track('camera', glasses()))];
  });
  expect(result).toEqual(['StganError video', 'StganError argument', true, 'StganError camera-denied']);
});
