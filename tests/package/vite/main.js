/** Puts the package and the tests' pictures within reach of the tests. */
import { StganError, TryOn } from 'stgan';
import * as pictures from './pictures.mjs';

window.stgan = { TryOn, StganError };
window.pictures = pictures;

/** Asks the module worker; resolves to its answer. */
window.askWorker = (request) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(request);
  });
