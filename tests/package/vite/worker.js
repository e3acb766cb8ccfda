import { TryOn } from 'stgan';

/** Hands a picture that came to whoever tracks. */
let hand;

async function* arriving() {
  for (;;) yield await new Promise((resolve) => (hand = resolve));
}

async function track({ frame, canvas }) {
  const tryOn = await TryOn.create();
  const onFrame = ({ faces, width, height }) =>
    postMessage({ faces: faces.length, size: [width, height], drawn: [canvas.width, canvas.height] });
  const track = await tryOn.track(arriving(), frame, { canvas, onFrame });
  track.ended.catch((error) => postMessage({ error: `${error.code}: ${error.message}` }));
  postMessage('ready');
}

self.onmessage = async ({ data }) => {
  try {
    if (data.track) return await track(data);
    if (data.picture) return hand(data.picture);
    const { photo, frame, placement } = data;
    const tryOn = await TryOn.create();
    const fit = await tryOn.fit(photo, frame, { placement });
    postMessage({ homography: fit.homography, composite: fit.composite() });
  } catch (error) {
    postMessage({ error: `${error.code}: ${error.message}` });
  }
};
