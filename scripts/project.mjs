/** What the build scripts share: where things are, and how a program is run. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's folder, with a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a program, its output on the terminal; a failure ends the script. */
export function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) fail(`${program}: ${error.message}`);
  if (status !== 0) fail(`${program} ${args.join(' ')} failed`);
}

/** What a program prints. */
export function output(program, args) {
  return execFileSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 }).trim();
}

/** Ends the script with a message. */
export function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

/** A message about what is going on. */
export function say(message) {
  console.log(`\x1b[1m==> ${message}\x1b[0m`);
}

/** Sees to it that Rust can build for wasm32. */
export function needWasmTarget() {
  const target = 'wasm32-unknown-unknown';
  if (existsSync(output('rustc', ['--print', 'target-libdir', '--target', target]))) return;
  say(`Installing the Rust target ${target}`);
  run('rustup', ['target', 'add', target]);
}
