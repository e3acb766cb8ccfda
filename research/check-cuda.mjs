/**
 * Builds the program with the feature `cuda` on a machine that has neither a GPU nor CUDA, from the compiler that PyPI
 * carries, and sees whether it starts. `CUDA_COMPUTE_CAP` names the GPU to build for (90, Hopper, by default).
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { fail, root, run, say } from '../scripts/project.mjs';
import { shared } from './shared.mjs';

const tools = join(shared, 'tools', 'cuda');
if (!existsSync(tools)) {
  console.log(`check-cuda: skipped, since there is no ${tools}`);
  process.exit(0);
}

run('cargo', ['fetch', '--quiet']);
const home = join(root, '.tools', 'cuda');
if (!existsSync(join(home, 'lib64', 'libcudart.a'))) {
  say('Fetching the CUDA compiler from PyPI into .tools/cuda (270 MB)');
  run('bash', [join(tools, 'mkcuda.sh'), home, 'lazy']);
}

const target = join(root, 'target', 'cuda');
say('Building with the feature `cuda` into target/cuda');
run('cargo', ['build', '--release', '--features', 'cuda', '--bin', 'stgan', '--target-dir', target], {
  env: {
    CUDA_COMPUTE_CAP: '90',
    CUDAFORGE_THREADS: String(availableParallelism()),
    ...process.env,
    CUDA_HOME: home,
    CUDA_PATH: home,
    PATH: `${join(home, 'bin')}${delimiter}${process.env.PATH}`,
    // Leaves candle's quantized kernels out, which take most of the time and are not used.
    NVCC: join(tools, 'nvcc-fast'),
  },
});

const program = join(target, 'release', 'stgan');
const version = spawnSync(program, ['--version'], { encoding: 'utf8' });
if (version.status !== 0) fail(`${program} --version: ${version.error ?? version.stderr}`);
console.log(`${version.stdout.trim()}, built with cuda, starts`);

// Where there is a GPU, this is no test of it: `stgan train --device cuda:0` is.
if (!existsSync('/dev/nvidia0')) {
  const asked = spawnSync(program, ['train', '--device', 'cuda:0', '--out', join(target, 'no-gpu')], {
    encoding: 'utf8',
  });
  if (asked.status === 0 || !/cuda/i.test(asked.stderr) || /panicked/.test(asked.stderr)) {
    fail(`train --device cuda:0 without a GPU should end with an error that says so:\n${asked.stdout}${asked.stderr}`);
  }
  console.log(`without a GPU, train --device cuda:0 says: ${asked.stderr.trim()}`);
}
