/**
 * Compares the CPU time of sampling an image at a grid (forward, and backward to both inputs) in
 * this crate and in torch.nn.functional.grid_sample. Rounds are interleaved, each side uses one
 * thread, and the result is the median. The last line of output is JSON.
 */
import { join } from 'node:path';
import { root, say } from '../scripts/project.mjs';
import { benchmark, interleave, measure, pythonWithTorch, torchVersion } from './torch.mjs';

const ROUNDS = 7;
const ITERATIONS = 16;
/** Batch size, channels, and both height and width. */
const SHAPE = [20, 4, 144];

const python = pythonWithTorch();
const executable = benchmark('grid_sample');
const torchScript = join(root, 'research', 'torch_grid_sample.py');
const result = {
  torch: torchVersion(python),
  threads: 1,
  rounds: ROUNDS,
  shape: [...SHAPE, SHAPE.at(-1)],
  settings: [],
};
for (const interpolation of ['bilinear', 'bicubic']) {
  say(`${interpolation}: ${ROUNDS} rounds`);
  const medians = interleave(ROUNDS, {
    stgan: () => measure(executable, [interpolation, ...SHAPE], ITERATIONS),
    torch: () => measure(python, [torchScript, interpolation, ...SHAPE], ITERATIONS),
  });
  result.settings.push({ interpolation, ...medians });
}
console.log(JSON.stringify(result));
