/**
 * CPU time of one adversarial training iteration (a generator step, two critic steps with gradient penalty, the paper's
 * networks), of this crate and of PyTorch: interleaved in rounds, one thread each, medians. The last line is JSON.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail, output, root, run, say, shared } from './project.mjs';

/** The version that was current when the peer was written. */
const TORCH = '2.9.1';
const ROUNDS = 5;
/** Of each round the first iteration warms up and does not count. */
const SETTINGS = [
  { size: 144, batch: 20, iterations: 4 },
  { size: 72, batch: 16, iterations: 8 },
];

const peer = join(shared, 'peers', 'torch_iteration.py');
if (!existsSync(peer)) {
  console.log('bench-train: skipped, since there is no ../shared/peers/torch_iteration.py');
  process.exit(0);
}

/** A Python that has PyTorch, in an environment of the project's own. */
function pythonWithTorch() {
  const home = join(root, '.tools', 'torch');
  const python = join(home, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const installed = () => spawnSync(python, ['-c', `import torch; assert torch.__version__.startswith('${TORCH}')`]).status === 0;
  if (!installed()) {
    say(`Installing PyTorch ${TORCH} from PyPI into .tools/torch (several gigabytes on Linux, where its wheels bring CUDA along)`);
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', home]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `torch==${TORCH}`, 'numpy']);
    if (!installed()) fail('PyTorch was installed, but cannot be imported');
  }
  return python;
}

/** The benchmark's executable. */
function benchmark() {
  say('Building the benchmark');
  const lines = output('cargo', ['bench', '--bench', 'train_iteration', '--no-run', '--quiet', '--message-format=json']).split('\n');
  const built = lines.map((line) => JSON.parse(line)).find(({ target, executable }) => target?.name === 'train_iteration' && executable);
  return built?.executable ?? fail('cargo built no benchmark');
}

/** The seconds of every iteration but the first. Both programs print lines `it SECONDS …`. */
function measure(program, args, { size, batch, iterations }) {
  const threads = { OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', RAYON_NUM_THREADS: '1' };
  const numbers = [size, batch, iterations].map(String);
  const { status, stdout, stderr } = spawnSync(program, [...args, ...numbers], { encoding: 'utf8', env: { ...process.env, ...threads } });
  const found = [...`${stdout}\n${stderr}`.matchAll(/^ *it ([\d.]+)/gm)].map(([, seconds]) => Number(seconds));
  if (status !== 0 || found.length !== iterations) fail(`${program} ${args.join(' ')}:\n${stdout}${stderr}`);
  return found.slice(1);
}

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

const python = pythonWithTorch();
const executable = benchmark();
const version = execFileSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' }).trim();
const result = { torch: version, threads: 1, rounds: ROUNDS, settings: [] };
for (const setting of SETTINGS) {
  say(`${setting.size} pixels, batch ${setting.batch}: ${ROUNDS} rounds`);
  const times = { stgan: [], torch: [] };
  const sides = [
    () => times.stgan.push(...measure(executable, [], setting)),
    () => times.torch.push(...measure(python, [peer], setting)),
  ];
  for (let round = 0; round < ROUNDS; round++) {
    for (const side of round % 2 ? sides.toReversed() : sides) side();
  }
  const line = (name) =>
    `${name} median ${median(times[name]).toFixed(3)} s, ${Math.min(...times[name]).toFixed(3)} to ${Math.max(...times[name]).toFixed(3)}`;
  const ratio = median(times.stgan) / median(times.torch);
  console.log(`CPU time an iteration: ${line('stgan')}; ${line('torch')}; ratio ${ratio.toFixed(3)}`);
  const round3 = (value) => Math.round(value * 1000) / 1000;
  const { size, batch } = setting;
  result.settings.push({ size, batch, stgan_s: round3(median(times.stgan)), torch_s: round3(median(times.torch)), ratio: round3(ratio) });
}
console.log(JSON.stringify(result));
