/** Packs the npm package and installs it into an empty project, as a user does. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/project.mjs';

const npm = (cwd, ...args) =>
  execFileSync('npm', [...args, '--loglevel', 'error'], { cwd, encoding: 'utf8', shell: process.platform === 'win32' });

/**
 * Creates an empty project with the packed package installed and `files` of this folder copied.
 * Call `remove` after use.
 */
export function project(...files) {
  const folder = mkdtempSync(join(tmpdir(), 'stgan-consumer-'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
  const [{ filename, files: packed }] = JSON.parse(npm(folder, 'pack', '--json', join(root, 'pkg')));
  // The package has no dependencies, so it must install without a network.
  npm(folder, 'install', '--offline', '--no-audit', '--no-fund', `./${filename}`);
  for (const file of files) cpSync(new URL(file, import.meta.url), join(folder, file.replace('vite/', '')));
  const installed = join(folder, 'node_modules', 'stgan');
  return {
    folder,
    packed: packed.map(({ path }) => path),
    manifest: JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')),
    path: (file) => join(installed, file),
    read: (file) => readFileSync(join(installed, file)),
    /** Runs a script in the project in a new process and returns its output. */
    run(script) {
      const file = join(folder, 'script.mjs');
      writeFileSync(file, script);
      return execFileSync(process.execPath, [file], { encoding: 'utf8' });
    },
    /** Runs a program of this repository's node_modules in the project. */
    tool(program, ...args) {
      execFileSync(process.execPath, [join(root, 'node_modules', program), ...args], {
        cwd: folder,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
