import { TryOn } from 'stgan';

/** Passes a received video frame to `receivedFrames`. */
let deliver;

async function* receivedFrames() {
  for (;;) yield await new Promise((resolve) => (deliver = resolve));
}

async function track({ glasses, canvas }) {
  const tryOn = await TryOn.create();
  const onFrame = ({ faces, width, height }) =>
    postMessage({ faces: faces.length, size: [width, height], drawn: [canvas.width, canvas.height] });
  const track = await tryOn.track(receivedFrames(), glasses, { canvas, onFrame });
  track.ended.catch((error) => postMessage({ error: `${error.code}: ${error.message}` }));
  postMessage('ready');
}

self.onmessage = async ({ data }) => {
  try {
    if (data.track) return await track(data);
    if (data.frame) return deliver(data.frame);
    const { photo, glasses, placement } = data;
    const tryOn = await TryOn.create();
    const fit = await tryOn.fit(photo, glasses, { placement });
    postMessage({ homography: fit.homography, composite: fit.composite() });
  } catch (error) {
    postMessage({ error: `${error.code}: ${error.message}` });
  }
};
