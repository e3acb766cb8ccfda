/**
 * The page of `make bench-track`, which tracks the face of the rendered clip on the main thread.
 */
import { TryOn, videoFrames } from '../../pkg/dist/index.js';
import { glasses } from '../../tests/package/images.mjs';

const tryOn = await TryOn.create();
const testGlasses = glasses(1000, 400, 10);

/** Decodes the first `count` frames of a Motion JPEG file. */
async function decodeFrames(url, count) {
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  const starts = [];
  for (let i = 0; i + 2 < bytes.length && starts.length <= count; i++) {
    if (bytes[i] === 0xff && bytes[i + 1] === 0xd8 && bytes[i + 2] === 0xff) starts.push(i);
  }
  const parts = starts.slice(0, count).map((start, i) => bytes.subarray(start, starts[i + 1]));
  return Promise.all(parts.map((part) => createImageBitmap(new Blob([part], { type: 'image/jpeg' }))));
}

/** Records `count` video frames of the camera in their own pixel format. */
async function recordFrames(count) {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: { ideal: 1280 }, height: { ideal: 720 } },
  });
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject: stream });
  await video.play();
  const frames = [];
  for await (const frame of videoFrames(video)) {
    const { format, codedWidth, codedHeight } = frame;
    const data = new Uint8Array(frame.allocationSize());
    const layout = await frame.copyTo(data);
    frames.push({ data, init: { format, codedWidth, codedHeight, layout } });
    frame.close();
    if (frames.length === count) break;
  }
  for (const track of stream.getTracks()) track.stop();
  return frames;
}

/**
 * Replays frames forwards and backwards, which avoids jumps, with timestamps of 30 frames per
 * second.
 */
async function* replay(frames, count) {
  const last = frames.length - 1;
  for (let i = 0; i < count; i++) {
    const at = i % (2 * last);
    const { data, init } = frames[at > last ? 2 * last - at : at];
    yield new VideoFrame(data, { ...init, timestamp: (i * 1e6) / 30 });
  }
}

window.bench = {
  /**
   * Tracks recorded frames without a frame rate; returns the milliseconds of each frame and its
   * parts.
   */
  async throughput(count, warmUp) {
    const recorded = await recordFrames(60);
    const canvas = document.createElement('canvas');
    const results = [];
    let previous = performance.now();
    const track = await tryOn.track(replay(recorded, count + warmUp), testGlasses, {
      canvas,
      onFrame({ faces, times, updates, width, height }) {
        // Reading a pixel waits until the browser has finished drawing.
        const drawn = performance.now();
        canvas.getContext('2d').getImageData(0, 0, 1, 1);
        const now = performance.now();
        results.push({
          ...times,
          draw: times.draw + now - drawn,
          total: now - previous,
          faces: faces.length,
          updates,
          size: [width, height],
        });
        previous = performance.now();
      },
    });
    await track.ended;
    return results.slice(warmUp);
  },

  /** Tracks the camera for some seconds; returns the milliseconds of each processed frame. */
  async camera(seconds) {
    const canvas = document.createElement('canvas');
    document.body.append(canvas);
    const results = [];
    const track = await tryOn.track('camera', testGlasses, {
      canvas,
      onFrame: ({ times, faces, width, height }) =>
        results.push({ ...times, at: performance.now(), faces: faces.length, size: [width, height] }),
    });
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    track.stop();
    return results;
  },

  /** Returns the milliseconds of `locate` for the first frame of the clip in each round. */
  async locate(url, rounds, warmUp) {
    const [image] = await decodeFrames(url, 1);
    const times = [];
    for (let i = -warmUp; i < rounds; i++) {
      const start = performance.now();
      await tryOn.locate(image);
      if (i >= 0) times.push(performance.now() - start);
    }
    return times;
  },
};
