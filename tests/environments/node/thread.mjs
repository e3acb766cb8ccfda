import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { TryOn } from 'stgan';
import { report } from './check.mjs';

if (isMainThread) new Worker(new URL(import.meta.url)).on('message', (result) => console.log(JSON.stringify(result)));
else parentPort.postMessage(await report(TryOn));
