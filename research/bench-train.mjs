/**
 * CPU time of one adversarial training iteration (a generator step, two critic steps with gradient penalty, the paper's
 * networks), of this crate and of PyTorch: interleaved in rounds, one thread each, medians. The last line is JSON.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../scripts/project.mjs';
import { shared } from './shared.mjs';
import { benchmark, interleave, measure, pythonWithTorch, torchVersion } from './torch.mjs';

const ROUNDS = 5;
const SETTINGS = [
  { size: 144, batch: 20, iterations: 4 },
  { size: 72, batch: 16, iterations: 8 },
];

const peer = join(shared, 'peers', 'torch_iteration.py');
if (!existsSync(peer)) {
  console.log(`bench-train: skipped, since there is no ${peer}`);
  process.exit(0);
}

const python = pythonWithTorch();
const executable = benchmark('train_iteration');
const result = { torch: torchVersion(python), threads: 1, rounds: ROUNDS, settings: [] };
for (const { size, batch, iterations } of SETTINGS) {
  say(`${size} pixels, batch ${batch}: ${ROUNDS} rounds`);
  const figures = interleave(ROUNDS, {
    stgan: () => measure(executable, [size, batch], iterations),
    torch: () => measure(python, [peer, size, batch], iterations),
  });
  result.settings.push({ size, batch, ...figures });
}
console.log(JSON.stringify(result));
