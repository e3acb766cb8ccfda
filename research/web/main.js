/** The page of `make bench-web`: contenders side by side, their rounds interleaved. research/bench-web.mjs drives it. */
const LOADERS = {
  stgan: () => import('./stgan.js'),
  onnxruntime: () => import('./onnxruntime.js'),
  tfjs: () => import('./tfjs.js'),
};
const contenders = {};

const bytes = async (path) => (await fetch(path)).arrayBuffer();

/** The same numbers in every page: smooth, between 0 and 1. */
const planes = (count) =>
  Float32Array.from({ length: count }, (_, i) => 0.5 + 0.5 * Math.sin(0.13 * i) * Math.cos(0.0071 * i));

window.bench = {
  /** Loads one contender and whatever it downloads. */
  async load(name, graph) {
    contenders[name] = await LOADERS[name]();
    await contenders[name].load({ graphs: [await bytes(graph)] });
  },

  /** Milliseconds a stage of every contender, over `rounds` rounds, and what each answers. */
  async stages({ weights, graphs, shape }, rounds, warm) {
    const files = { weights: await bytes(weights), graphs: await Promise.all(graphs.map(bytes)), shape };
    const input = planes(shape.reduce((a, b) => a * b));
    const names = Object.keys(contenders);
    const running = {};
    for (const name of names) running[name] = await contenders[name].stages(files);
    const count = graphs.length;
    const times = Object.fromEntries(names.map((name) => [name, []]));
    const answers = {};
    for (let round = -warm; round < rounds; round++) {
      // Nobody always follows the same one.
      for (let k = 0; k < names.length; k++) {
        const name = names[(k + round + warm) % names.length];
        const answer = [];
        const start = performance.now();
        for (let stage = 0; stage < count; stage++) answer.push(await running[name].run[stage](input));
        const time = (performance.now() - start) / count;
        if (round >= 0) times[name].push(time);
        answers[name] = answer.map((values) => Array.from(values));
      }
    }
    for (const name of names) await running[name].free();
    return { times, answers };
  },

  fits: (...settings) => contenders.stgan.fits(...settings),

  locate: async (...settings) => (await import('./locate.js')).locate(...settings),
};
