/** Puts the package and the tests' pictures within reach of the tests. */
import { StganError, TryOn, videoFrames } from 'stgan';
import * as pictures from './pictures.mjs';

window.stgan = { TryOn, StganError, videoFrames };
window.pictures = pictures;

/** Asks the module worker; resolves to its answer. */
window.askWorker = (request) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(request);
  });

/** A video element that plays a stream. */
window.playing = async (stream) => {
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject: stream });
  await video.play();
  return video;
};

/** Follows faces in the module worker, until `until` says that it is enough of what comes back. */
window.trackInWorker = async (video, frame, until) => {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  const answer = () => new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
  const canvas = document.createElement('canvas');
  const offscreen = canvas.transferControlToOffscreen();
  const ready = answer();
  worker.postMessage({ track: true, frame, canvas: offscreen }, [offscreen]);
  await ready;
  for await (const picture of videoPictures(video)) {
    const seen = answer();
    worker.postMessage({ picture }, [picture]);
    const data = await seen;
    if (data.error || until(data)) {
      worker.terminate();
      return data;
    }
  }
};
