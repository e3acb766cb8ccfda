/**
 * Helpers of the comparisons with PyTorch: its installation, the Rust benchmarks, and interleaved
 * measurements.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fail, output, root, run, say } from '../scripts/project.mjs';
import { median } from './statistics.mjs';

const TORCH_VERSION = '2.9.1';

/**
 * Returns a Python interpreter with PyTorch, from a virtual environment in .tools/ that is created
 * if missing.
 */
export function pythonWithTorch() {
  const home = join(root, '.tools', 'torch');
  const python = join(home, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const installed = () =>
    spawnSync(python, ['-c', `import torch; assert torch.__version__.startswith('${TORCH}')`]).status === 0;
  if (!installed()) {
    say(
      `Installing PyTorch ${TORCH_VERSION} from PyPI into .tools/torch (several gigabytes on Linux, because its wheels include CUDA)`,
    );
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', home]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `torch==${TORCH_VERSION}`, 'numpy']);
    if (!installed()) fail(`PyTorch was installed into ${home} but cannot be imported; delete the folder to retry`);
  }
  return python;
}

/** The version of PyTorch that an interpreter imports. */
export const torchVersion = (python) =>
  execFileSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' }).trim();

/** Builds a benchmark of the workspace and returns the path of its executable. */
export function benchmark(name) {
  say(`Building the benchmark ${name}`);
  const lines = output('cargo', ['bench', '--bench', name, '--no-run', '--quiet', '--message-format=json']).split('\n');
  const built = lines
    .map((line) => JSON.parse(line))
    .find(({ target, executable }) => target?.name === name && executable);
  return built?.executable ?? fail(`cargo built no benchmark named ${name}`);
}

/**
 * Runs a benchmark program on one thread and returns the seconds of each iteration except the
 * first, which is the warm-up. The program takes `iterations` as its last argument and prints lines
 * `it SECONDS …`.
 */
export function measure(program, args, iterations) {
  const threads = { OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', RAYON_NUM_THREADS: '1' };
  const { status, stdout, stderr } = spawnSync(program, [...args, iterations].map(String), {
    encoding: 'utf8',
    env: { ...process.env, ...threads },
  });
  const seconds = [...`${stdout}\n${stderr}`.matchAll(/^ *it ([\d.]+)/gm)].map(([, value]) => Number(value));
  if (status !== 0 || seconds.length !== iterations) fail(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return seconds.slice(1);
}

/**
 * Runs `rounds` rounds of `sides`, two functions by name that return seconds, in alternating order.
 * Prints and returns the medians and the ratio of the first side to the second.
 */
export function interleave(rounds, sides) {
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = Object.entries(sides);
    for (const [name, side] of round % 2 ? order.toReversed() : order) times[name].push(...side());
  }
  const lines = Object.entries(times).map(
    ([name, seconds]) =>
      `${name} median ${median(seconds).toFixed(3)} s (${Math.min(...seconds).toFixed(3)} to ${Math.max(...seconds).toFixed(3)} s)`,
  );
  const [first, second] = Object.values(times).map(median);
  console.log(`CPU time per iteration: ${lines.join('; ')}; ratio ${(first / second).toFixed(3)}`);
  const significant = (value) => Number(value.toPrecision(4));
  return {
    ...Object.fromEntries(Object.entries(times).map(([name, seconds]) => [`${name}_s`, significant(median(seconds))])),
    ratio: significant(first / second),
  };
}
