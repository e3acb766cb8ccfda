/** Makes the package and the test images available to the tests as properties of `window`. */
import { isSupported, missingFeatures, preload, StganError, TryOn, videoFrames } from 'stgan';
import * as images from './images.mjs';
import * as oddInputs from './odd-inputs.mjs';

window.stgan = { TryOn, StganError, isSupported, missingFeatures, preload, videoFrames };
window.images = images;
window.oddInputs = oddInputs;

window.startWorker = () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });

/** Fits in the module worker; resolves to its response. */
window.fitInWorker = (request) =>
  new Promise((resolve, reject) => {
    const worker = window.startWorker();
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(request);
  });

/** Creates a video element that plays a stream. */
window.playStream = async (stream) => {
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject: stream });
  await video.play();
  return video;
};

/**
 * Tracks faces in the module worker until a response satisfies `isDone`, and returns that response.
 */
window.trackInWorker = async (video, glasses, isDone) => {
  const worker = window.startWorker();
  const nextResponse = () => new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
  const canvas = document.createElement('canvas');
  const offscreen = canvas.transferControlToOffscreen();
  const ready = nextResponse();
  worker.postMessage({ track: true, glasses, canvas: offscreen }, [offscreen]);
  await ready;
  for await (const frame of videoFrames(video)) {
    const response = nextResponse();
    worker.postMessage({ frame }, [frame]);
    const data = await response;
    if (data.error || isDone(data)) {
      worker.terminate();
      return data;
    }
  }
};
