/**
 * Prints metrics of the Rust code: the ten largest modules (folders or files directly under a
 * `src`), the `pub` items of each crate, and functions of more than 60 lines. Test files are not
 * counted.
 * usage: node research/structure.mjs [FOLDER]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { root } from '../scripts/project.mjs';

const MAX_LINES = 60;
const folder = process.argv[2] ?? root;

function* sources(parent) {
  for (const entry of readdirSync(parent, { withFileTypes: true })) {
    const path = join(parent, entry.name);
    if (entry.isDirectory()) {
      if (!['target', 'node_modules', 'tests', 'benches', 'examples', '.git'].includes(entry.name))
        yield* sources(path);
    } else if (entry.name.endsWith('.rs') && entry.name !== 'tests.rs') yield path;
  }
}

/** The length of each function, from its `fn` to the closing brace in the same column. */
function* functions(lines) {
  for (const [start, line] of lines.entries()) {
    const name = line.match(/^( *)(?:pub(?:\([^)]*\))? )?(?:const |unsafe |async |extern "C" )*fn (\w+)/);
    if (!name || line.trimEnd().endsWith(';')) continue;
    const end = lines.findIndex((other, index) => index > start && other.startsWith(`${name[1]}}`));
    if (end > 0) yield { name: name[2], length: end - start + 1 };
  }
}

const modules = new Map();
const publicItems = new Map();
const longFunctions = [];
for (const path of sources(folder)) {
  const parts = relative(folder, path).split(sep);
  const at = parts.indexOf('src');
  if (at < 0) continue;
  const lines = readFileSync(path, 'utf8').split('\n');
  const module = [...parts.slice(0, at), 'src', parts[at + 1].replace('.rs', '')].join('/');
  modules.set(module, (modules.get(module) ?? 0) + lines.length - 1);
  const crate = parts.slice(0, at).join('/') || '.';
  const found = lines.filter((line) =>
    /^\s*pub (?:const |unsafe |async )*(?:fn|struct|enum|trait|type|const|static|mod)\b/.test(line),
  );
  publicItems.set(crate, (publicItems.get(crate) ?? 0) + found.length);
  for (const { name, length } of functions(lines)) {
    if (length > MAX_LINES) longFunctions.push(`${parts.join('/')} ${name} ${length}`);
  }
}

const largest = [...modules].sort((a, b) => b[1] - a[1]).slice(0, 10);
console.log('Lines of the ten largest modules:');
for (const [room, lines] of largest) console.log(`  ${String(lines).padStart(6)}  ${room}`);
console.log('`pub` items by crate:');
for (const [crate, count] of publicItems) console.log(`  ${String(count).padStart(6)}  ${crate}`);
console.log(`Functions of more than ${MAX_LINES} lines: ${longFunctions.length}`);
for (const line of longFunctions) console.log(`  ${line}`);
