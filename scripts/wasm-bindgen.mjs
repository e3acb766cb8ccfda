/**
 * Installs wasm-bindgen-cli into .tools/, of exactly the version in Cargo.lock: generated code and library must match. The
 * prebuilt release is taken where its sum is known (wasm-bindgen.sha256) and it arrives within seconds, else it is built.
 *
 * WASM_BINDGEN_RELEASES names another place of the releases.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockedVersion, root, run, say } from './project.mjs';

const SECONDS = 15;
const PROGRAMS = ['wasm-bindgen', 'wasm-bindgen-test-runner'];
const suffix = process.platform === 'win32' ? '.exe' : '';

/** The path of one of the programs. */
export const tool = (program) => join(root, '.tools', 'bin', program + suffix);

/** Makes sure that the programs are there. */
export async function needWasmBindgen() {
  const version = lockedVersion('wasm-bindgen');
  if (PROGRAMS.every((program) => versionOf(program) === version)) return;
  say(`Installing wasm-bindgen-cli ${version} into .tools`);
  if (await download(version)) return;
  const bins = PROGRAMS.flatMap((program) => ['--bin', program]);
  // Not --locked: the lock file of release 0.2.130 is refused. Little optimisation: it builds in half the time, and what it
  // is used for takes seconds.
  run('cargo', ['install', 'wasm-bindgen-cli', '--version', `=${version}`, '--root', '.tools', '--force', ...bins], {
    env: { ...process.env, CARGO_PROFILE_RELEASE_OPT_LEVEL: '1', CARGO_TARGET_DIR: join(root, 'target', 'tools') },
  });
}

function versionOf(program) {
  try {
    return execFileSync(tool(program), ['--version'], { encoding: 'utf8' }).trim().split(' ')[1];
  } catch {
    return undefined;
  }
}

/** Whether the prebuilt programs could be had. */
async function download(version) {
  const triple = {
    'linux-x64': 'x86_64-unknown-linux-musl',
    'linux-arm64': 'aarch64-unknown-linux-musl',
    'darwin-x64': 'x86_64-apple-darwin',
    'darwin-arm64': 'aarch64-apple-darwin',
    'win32-x64': 'x86_64-pc-windows-msvc',
  }[`${process.platform}-${process.arch}`];
  const folder = `wasm-bindgen-${version}-${triple}`;
  const pins = readFileSync(join(root, 'scripts', 'wasm-bindgen.sha256'), 'utf8');
  const pin = pins
    .split('\n')
    .find((line) => line.endsWith(`  ${folder}.tar.gz`))
    ?.split(' ')[0];
  if (!pin) return false;

  const releases =
    process.env.WASM_BINDGEN_RELEASES ?? 'https://github.com/wasm-bindgen/wasm-bindgen/releases/download';
  const work = mkdtempSync(join(tmpdir(), 'wasm-bindgen-'));
  try {
    const answer = await fetch(`${releases}/${version}/${folder}.tar.gz`, {
      signal: AbortSignal.timeout(SECONDS * 1000),
    });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const archive = Buffer.from(await answer.arrayBuffer());
    const sum = createHash('sha256').update(archive).digest('hex');
    if (sum !== pin) throw new Error(`its SHA-256 is ${sum}, not ${pin}`);
    writeFileSync(join(work, 'release.tar.gz'), archive);
    execFileSync('tar', ['-xzf', 'release.tar.gz'], { cwd: work });
    mkdirSync(join(root, '.tools', 'bin'), { recursive: true });
    for (const program of PROGRAMS) {
      copyFileSync(join(work, folder, program + suffix), tool(program));
      chmodSync(tool(program), 0o755);
    }
    return true;
  } catch (error) {
    console.log(`No prebuilt release: ${error.cause?.message ?? error.message}. Building it instead.`);
    return false;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
