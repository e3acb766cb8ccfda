/**
 * Compares the CPU time of an adversarial training iteration (one generator step and two
 * discriminator steps with gradient penalty, networks of the paper) in this crate and in PyTorch.
 * Rounds are interleaved, each side uses one thread, and the result is the median. The last line of
 * output is JSON.
 */
import { join } from 'node:path';
import { root, say } from '../scripts/project.mjs';
import { benchmark, interleave, measure, pythonWithTorch, torchVersion } from './torch.mjs';

const ROUNDS = 5;
const SETTINGS = [
  { size: 144, batch: 20, iterations: 4 },
  { size: 72, batch: 16, iterations: 8 },
];

const python = pythonWithTorch();
const executable = benchmark('train_iteration');
const torchScript = join(root, 'research', 'torch_iteration.py');
const result = { torch: torchVersion(python), threads: 1, rounds: ROUNDS, settings: [] };
for (const { size, batch, iterations } of SETTINGS) {
  say(`${size}×${size} pixels, batch size ${batch}: ${ROUNDS} rounds`);
  const medians = interleave(ROUNDS, {
    stgan: () => measure(executable, [size, batch], iterations),
    torch: () => measure(python, [torchScript, size, batch], iterations),
  });
  result.settings.push({ size, batch, ...medians });
}
console.log(JSON.stringify(result));
