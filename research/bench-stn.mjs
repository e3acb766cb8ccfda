/**
 * CPU time of sampling an image at a grid, forward and backward with gradients of both, of this crate and of
 * torch.nn.functional.grid_sample: interleaved in rounds, one thread each, medians. The last line is JSON.
 */
import { join } from 'node:path';
import { root, say } from '../scripts/project.mjs';
import { benchmark, interleave, measure, pythonWithTorch, torchVersion } from './torch.mjs';

const ROUNDS = 7;
const ITERATIONS = 16;
/** Batch, channels, height and width. */
const SHAPE = [20, 4, 144];

const python = pythonWithTorch();
const executable = benchmark('grid_sample');
const peer = join(root, 'research', 'torch_grid_sample.py');
const result = {
  torch: torchVersion(python),
  threads: 1,
  rounds: ROUNDS,
  shape: [...SHAPE, SHAPE.at(-1)],
  settings: [],
};
for (const interpolation of ['bilinear', 'bicubic']) {
  say(`${interpolation}: ${ROUNDS} rounds`);
  const figures = interleave(ROUNDS, {
    stgan: () => measure(executable, [interpolation, ...SHAPE], ITERATIONS),
    torch: () => measure(python, [peer, interpolation, ...SHAPE], ITERATIONS),
  });
  result.settings.push({ interpolation, ...figures });
}
console.log(JSON.stringify(result));
