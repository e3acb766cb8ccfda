/**
 * Builds the program with the feature `cuda` and checks that it starts, also on a machine without a
 * GPU. `CUDA_HOME` is the CUDA toolkit (.tools/cuda or /usr/local/cuda by default), `NVCC` another
 * compiler, and `CUDA_COMPUTE_CAP` the GPU architecture (90, Hopper, by default). Without a GPU the
 * toolkit needs libraries that open the driver lazily.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { fail, root, run, say } from '../scripts/project.mjs';

const folders = [process.env.CUDA_HOME, join(root, '.tools', 'cuda'), '/usr/local/cuda'];
const toolkit = folders.find((folder) => folder && existsSync(join(folder, 'bin', 'nvcc')));
if (!toolkit) {
  console.log('check-cuda: skipped, no CUDA toolkit found; set CUDA_HOME to a folder with bin/nvcc');
  process.exit(0);
}

const target = join(root, 'target', 'cuda');
say(`Building with the feature \`cuda\` and ${toolkit} into target/cuda`);
run('cargo', ['build', '--release', '--features', 'cuda', '--bin', 'stgan', '--target-dir', target], {
  env: {
    CUDA_COMPUTE_CAP: '90',
    CUDAFORGE_THREADS: String(availableParallelism()),
    ...process.env,
    CUDA_HOME: toolkit,
    CUDA_PATH: toolkit,
    PATH: `${join(toolkit, 'bin')}${delimiter}${process.env.PATH}`,
  },
});

const program = join(target, 'release', 'stgan');
const version = spawnSync(program, ['--version'], { encoding: 'utf8' });
if (version.status !== 0) fail(`${program} --version failed: ${version.error ?? version.stderr}`);
console.log(`${version.stdout.trim()} with the feature \`cuda\` starts`);

// This checks the error message without a GPU. `stgan train --device cuda:0` tests a GPU.
if (!existsSync('/dev/nvidia0')) {
  const train = spawnSync(program, ['train', '--device', 'cuda:0', '--out', join(target, 'no-gpu')], {
    encoding: 'utf8',
  });
  if (train.status === 0 || !/cuda/i.test(train.stderr) || /panicked/.test(train.stderr)) {
    fail(
      `train --device cuda:0 without a GPU must fail with an error about CUDA; it printed:\n${train.stdout}${train.stderr}`,
    );
  }
  console.log(`train --device cuda:0 without a GPU prints: ${train.stderr.trim()}`);
}
