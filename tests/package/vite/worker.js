import { TryOn } from 'stgan';

/** Passes a received video frame to `receivedFrames`. */
let deliver;

async function* receivedFrames() {
  for (;;) yield await new Promise((resolve) => (deliver = resolve));
}

/** The canvas of the first request, for later ones, and the track that draws on it. */
let canvas;
let track;

async function startTracking({ glasses, canvas: transferred }) {
  track?.stop();
  canvas ??= transferred;
  const tryOn = await TryOn.create();
  const onFrame = ({ faces, width, height }) =>
    postMessage({ faces: faces.length, size: [width, height], drawn: [canvas.width, canvas.height] });
  track = await tryOn.track(receivedFrames(), glasses, { canvas, onFrame });
  track.ended.catch((error) => postMessage({ error: `${error.code}: ${error.message}` }));
  postMessage('ready');
}

self.onmessage = async ({ data }) => {
  try {
    if (data.track) return await startTracking(data);
    if (data.frame) return deliver(data.frame);
    const { photo, glasses, placement } = data;
    const tryOn = await TryOn.create();
    const fit = await tryOn.fit(photo, glasses, { placement });
    postMessage({ homography: fit.homography, composite: fit.composite() });
  } catch (error) {
    postMessage({ error: `${error.code}: ${error.message}` });
  }
};
