/**
 * Checks the packed npm package with publint, and its declarations with Are the Types Wrong, which
 * are downloaded into .tools/. Every message is an error.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { output, root, run } from './project.mjs';

const TOOLS = { publint: '0.3.25', '@arethetypeswrong/cli': '0.18.5' };

const folder = join(root, '.tools', 'check-package');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ private: true, dependencies: TOOLS }, null, 2)}\n`);
run('npm', ['install', '--no-audit', '--no-fund', '--loglevel', 'error'], { cwd: folder });

const [{ filename }] = JSON.parse(output('npm', ['pack', '--json', '--pack-destination', folder, join(root, 'pkg')]));
const tarball = join(folder, filename);
const tool = (name, ...args) => run(join(folder, 'node_modules', '.bin', name), [...args, tarball], { cwd: folder });
try {
  tool('publint', '--strict');
  // The package has ECMAScript modules only, which `require` loads since Node 20.19.
  tool('attw', '--profile', 'esm-only');
} finally {
  rmSync(tarball);
}
