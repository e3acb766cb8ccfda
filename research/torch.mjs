/** What the benchmarks against PyTorch share: a Python that has it, the benchmark's executable, and fair measuring. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fail, output, root, run, say } from '../scripts/project.mjs';
import { median } from './figures.mjs';

/** The version that was current when the peers were written. */
const TORCH = '2.9.1';

/** A Python that has PyTorch, in an environment of the project's own. */
export function pythonWithTorch() {
  const home = join(root, '.tools', 'torch');
  const python = join(home, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const installed = () =>
    spawnSync(python, ['-c', `import torch; assert torch.__version__.startswith('${TORCH}')`]).status === 0;
  if (!installed()) {
    say(
      `Installing PyTorch ${TORCH} from PyPI into .tools/torch (several gigabytes on Linux, where its wheels bring CUDA along)`,
    );
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', home]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `torch==${TORCH}`, 'numpy']);
    if (!installed()) fail('PyTorch was installed, but cannot be imported');
  }
  return python;
}

export const torchVersion = (python) =>
  execFileSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' }).trim();

/** Builds a benchmark of Cargo.toml and says where it is. */
export function benchmark(name) {
  say('Building the benchmark');
  const lines = output('cargo', ['bench', '--bench', name, '--no-run', '--quiet', '--message-format=json']).split('\n');
  const built = lines
    .map((line) => JSON.parse(line))
    .find(({ target, executable }) => target?.name === name && executable);
  return built?.executable ?? fail('cargo built no benchmark');
}

/**
 * The seconds of `iterations` on one thread but the first, which warms up. Programs take the number as their last argument
 * and print lines `it SECONDS …`.
 */
export function measure(program, args, iterations) {
  const threads = { OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', RAYON_NUM_THREADS: '1' };
  const { status, stdout, stderr } = spawnSync(program, [...args, iterations].map(String), {
    encoding: 'utf8',
    env: { ...process.env, ...threads },
  });
  const found = [...`${stdout}\n${stderr}`.matchAll(/^ *it ([\d.]+)/gm)].map(([, seconds]) => Number(seconds));
  if (status !== 0 || found.length !== iterations) fail(`${program} ${args.join(' ')}:\n${stdout}${stderr}`);
  return found.slice(1);
}

/** Rounds by turns, each of `sides` = { name: () => [seconds, …] } first in turn; says what came out, and gives the medians. */
export function interleave(rounds, sides) {
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = Object.entries(sides);
    for (const [name, side] of round % 2 ? order.toReversed() : order) times[name].push(...side());
  }
  const lines = Object.entries(times).map(
    ([name, seconds]) =>
      `${name} median ${median(seconds).toFixed(3)} s, ${Math.min(...seconds).toFixed(3)} to ${Math.max(...seconds).toFixed(3)}`,
  );
  const [mine, peer] = Object.values(times).map(median);
  console.log(`CPU time an iteration: ${lines.join('; ')}; ratio ${(mine / peer).toFixed(3)}`);
  const short = (value) => Number(value.toPrecision(4));
  return {
    ...Object.fromEntries(Object.entries(times).map(([name, seconds]) => [`${name}_s`, short(median(seconds))])),
    ratio: short(mine / peer),
  };
}
