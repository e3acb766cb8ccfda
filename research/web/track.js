/** The page of `make bench-track`: a face followed through the project's own clip, on the page's own thread. */
import { TryOn, videoFrames } from '../../pkg/dist/index.js';
import { glasses } from '../../tests/package/pictures.mjs';

const tryOn = await TryOn.create();
const frame = glasses(1000, 400, 10);

/** The pictures of a Motion JPEG file, decoded. */
async function decoded(address, most) {
  const bytes = new Uint8Array(await (await fetch(address)).arrayBuffer());
  const starts = [];
  for (let i = 0; i + 2 < bytes.length && starts.length <= most; i++) {
    if (bytes[i] === 0xff && bytes[i + 1] === 0xd8 && bytes[i + 2] === 0xff) starts.push(i);
  }
  const parts = starts.slice(0, most).map((start, i) => bytes.subarray(start, starts[i + 1]));
  return Promise.all(parts.map((part) => createImageBitmap(new Blob([part], { type: 'image/jpeg' }))));
}

/** Pictures of the camera, kept as it gives them. */
async function recorded(count) {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: { ideal: 1280 }, height: { ideal: 720 } },
  });
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject: stream });
  await video.play();
  const kept = [];
  for await (const picture of videoFrames(video)) {
    const { format, codedWidth, codedHeight } = picture;
    const data = new Uint8Array(picture.allocationSize());
    const layout = await picture.copyTo(data);
    kept.push({ data, init: { format, codedWidth, codedHeight, layout } });
    picture.close();
    if (kept.length === count) break;
  }
  for (const track of stream.getTracks()) track.stop();
  return kept;
}

/** There and back again, so that nothing jumps; 30 pictures a second by their own clock. */
async function* replayed(kept, count) {
  const last = kept.length - 1;
  for (let i = 0; i < count; i++) {
    const at = i % (2 * last);
    const { data, init } = kept[at > last ? 2 * last - at : at];
    yield new VideoFrame(data, { ...init, timestamp: (i * 1e6) / 30 });
  }
}

window.bench = {
  /** Pictures as fast as they are done with: milliseconds of each, and those of its steps. */
  async throughput(count, warm) {
    const kept = await recorded(60);
    const canvas = document.createElement('canvas');
    const rounds = [];
    let before = performance.now();
    const track = await tryOn.track(replayed(kept, count + warm), frame, {
      canvas,
      onFrame({ faces, times, updates, width, height }) {
        // What has been drawn is on the canvas only when somebody looks.
        const drawn = performance.now();
        canvas.getContext('2d').getImageData(0, 0, 1, 1);
        const now = performance.now();
        rounds.push({
          ...times,
          draw: times.draw + now - drawn,
          all: now - before,
          faces: faces.length,
          updates,
          size: [width, height],
        });
        before = performance.now();
      },
    });
    await track.ended;
    return rounds.slice(warm);
  },

  /** The camera, for some seconds: pictures that were looked at, and what each took. */
  async camera(seconds) {
    const canvas = document.createElement('canvas');
    document.body.append(canvas);
    const rounds = [];
    const track = await tryOn.track('camera', frame, {
      canvas,
      onFrame: ({ times, faces, width, height }) =>
        rounds.push({ ...times, at: performance.now(), faces: faces.length, size: [width, height] }),
    });
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    track.stop();
    return rounds;
  },

  /** Finding the faces of one picture of the clip. */
  async locate(address, rounds, warm) {
    const [picture] = await decoded(address, 1);
    const times = [];
    for (let i = -warm; i < rounds; i++) {
      const start = performance.now();
      await tryOn.locate(picture);
      if (i >= 0) times.push(performance.now() - start);
    }
    return times;
  },
};
