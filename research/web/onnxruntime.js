/** onnxruntime-web, its wasm backend on one thread, from the exported graphs. */
import * as ort from 'onnxruntime-web/wasm';

/** Loads what a page downloads: the runtime fetches its wasm file with the first session. */
export async function load({ graphs }) {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = '/peers/';
  const session = await create(graphs[0]);
  await session.release();
}

const create = (graph) =>
  ort.InferenceSession.create(new Uint8Array(graph), { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });

export async function stages({ graphs, shape }) {
  const sessions = [];
  for (const graph of graphs) sessions.push(await create(graph));
  const run = (session) => async (planes) =>
    (await session.run({ x: new ort.Tensor('float32', planes, shape) })).y.data;
  return { run: sessions.map(run), free: () => Promise.all(sessions.map((session) => session.release())) };
}
