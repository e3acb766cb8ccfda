/**
 * Figures of the Rust code's structure: `node research/structure.mjs [FOLDER]` prints, for a checkout, the ten largest rooms
 * (folders or files directly under a `src`), items that say `pub`, and functions of more than 60 lines. Tests that lie in files
 * of their own are left out.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { root } from '../scripts/project.mjs';

const LONG = 60;
const top = process.argv[2] ?? root;

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!['target', 'node_modules', 'tests', 'benches', 'examples', '.git'].includes(entry.name))
        yield* sources(path);
    } else if (entry.name.endsWith('.rs') && entry.name !== 'tests.rs') yield path;
  }
}

/** Lines of each function: from its `fn` to the brace in the same column that ends it. */
function* functions(lines) {
  for (const [start, line] of lines.entries()) {
    const name = line.match(/^( *)(?:pub(?:\([^)]*\))? )?(?:const |unsafe |async |extern "C" )*fn (\w+)/);
    if (!name || line.trimEnd().endsWith(';')) continue;
    const end = lines.findIndex((other, index) => index > start && other.startsWith(`${name[1]}}`));
    if (end > 0) yield { name: name[2], length: end - start + 1 };
  }
}

const rooms = new Map();
const items = new Map();
const long = [];
for (const path of sources(top)) {
  const parts = relative(top, path).split(sep);
  const at = parts.indexOf('src');
  if (at < 0) continue;
  const lines = readFileSync(path, 'utf8').split('\n');
  const room = [...parts.slice(0, at), 'src', parts[at + 1].replace('.rs', '')].join('/');
  rooms.set(room, (rooms.get(room) ?? 0) + lines.length - 1);
  const crate = parts.slice(0, at).join('/') || '.';
  const found = lines.filter((line) =>
    /^\s*pub (?:const |unsafe |async )*(?:fn|struct|enum|trait|type|const|static|mod)\b/.test(line),
  );
  items.set(crate, (items.get(crate) ?? 0) + found.length);
  for (const { name, length } of functions(lines)) {
    if (length > LONG) long.push(`${parts.join('/')} ${name} ${length}`);
  }
}

const largest = [...rooms].sort((a, b) => b[1] - a[1]).slice(0, 10);
console.log('Lines of the ten largest rooms:');
for (const [room, lines] of largest) console.log(`  ${String(lines).padStart(6)}  ${room}`);
console.log('Items that say `pub`, by crate:');
for (const [crate, count] of items) console.log(`  ${String(count).padStart(6)}  ${crate}`);
console.log(`Functions of more than ${LONG} lines: ${long.length}`);
for (const line of long) console.log(`  ${line}`);
