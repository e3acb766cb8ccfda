/** onnxruntime-web: the wasm backend on one thread, with the exported ONNX graphs. */
import * as ort from 'onnxruntime-web/wasm';

/** Loads the library. It downloads its wasm file with the first session. */
export async function load({ graphs }) {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = '/libraries/';
  const session = await create(graphs[0]);
  await session.release();
}

const create = (graph) =>
  ort.InferenceSession.create(new Uint8Array(graph), { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });

/** Returns the stages as functions from planes to Δp, and a function that frees them. */
export async function stages({ graphs, shape }) {
  const sessions = [];
  for (const graph of graphs) sessions.push(await create(graph));
  const run = (session) => async (planes) =>
    (await session.run({ x: new ort.Tensor('float32', planes, shape) })).y.data;
  return { run: sessions.map(run), free: () => Promise.all(sessions.map((session) => session.release())) };
}
