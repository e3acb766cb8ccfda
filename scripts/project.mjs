/** Helpers of the scripts: paths, child processes and messages. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root folder of the repository, with a trailing slash. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a program and shows its output. A failure ends the script. */
export function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) fail(`${program}: ${error.message}`);
  if (status !== 0) fail(`${program} ${args.join(' ')} failed`);
}

/** Runs a program and returns its output without surrounding white space. */
export function output(program, args) {
  return execFileSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 }).trim();
}

/** Prints an error message and ends the script. */
export function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

/** Prints a progress message. */
export function say(message) {
  console.log(`\x1b[1m==> ${message}\x1b[0m`);
}

/** Installs the Rust target wasm32 if it is missing. */
export function ensureWasmTarget() {
  const target = 'wasm32-unknown-unknown';
  if (existsSync(output('rustc', ['--print', 'target-libdir', '--target', target]))) return;
  say(`Installing the Rust target ${target}`);
  run('rustup', ['target', 'add', target]);
}
