/**
 * The page of `make bench-web`, which runs the libraries in interleaved rounds;
 * research/bench-web.mjs controls it.
 */
const LOADERS = {
  stgan: () => import('./stgan.js'),
  onnxruntime: () => import('./onnxruntime.js'),
  tfjs: () => import('./tfjs.js'),
};
const libraries = {};

const bytes = async (path) => (await fetch(path)).arrayBuffer();

/** Deterministic input of a generator: smooth values from 0 to 1. */
const inputPlanes = (count) =>
  Float32Array.from({ length: count }, (_, i) => 0.5 + 0.5 * Math.sin(0.13 * i) * Math.cos(0.0071 * i));

window.bench = {
  /** Loads a library and all files that it downloads. */
  async load(name, graph) {
    libraries[name] = await LOADERS[name]();
    await libraries[name].load({ graphs: [await bytes(graph)] });
  },

  /** Returns the milliseconds per stage of every library for each round, and the outputs. */
  async stages({ weights, graphs, shape, task }, rounds, warmUp) {
    const files = { weights: await bytes(weights), graphs: await Promise.all(graphs.map(bytes)), shape, task };
    const input = inputPlanes(shape.reduce((a, b) => a * b));
    const names = Object.keys(libraries);
    const models = {};
    for (const name of names) models[name] = await libraries[name].stages(files);
    const count = graphs.length;
    const times = Object.fromEntries(names.map((name) => [name, []]));
    const outputs = {};
    for (let round = -warmUp; round < rounds; round++) {
      // Rotate the order, so that no library always runs after the same one.
      for (let k = 0; k < names.length; k++) {
        const name = names[(k + round + warmUp) % names.length];
        const output = [];
        const start = performance.now();
        for (let stage = 0; stage < count; stage++) output.push(await models[name].run[stage](input));
        const time = (performance.now() - start) / count;
        if (round >= 0) times[name].push(time);
        outputs[name] = output.map((values) => Array.from(values));
      }
    }
    for (const name of names) await models[name].free();
    return { times, outputs };
  },

  fits: (...settings) => libraries.stgan.fits(...settings),

  roomFits: (...settings) => libraries.stgan.roomFits(...settings),

  locate: async (...settings) => (await import('./locate.js')).locate(...settings),
};
