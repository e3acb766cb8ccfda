/**
 * Checks documents and comments: line length, first sentences of doc comments, vocabulary, links,
 * commands and spelling.
 *
 *     node scripts/lint-text.mjs [PATH …]        check the tracked files, or those below the paths
 *     node scripts/lint-text.mjs --count [--root DIR]        count violations in a tree, as JSON
 *
 * The flags of `stgan` in documents are checked by crates/cli/tests/program/documents.rs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, normalize, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { root as project } from './project.mjs';
import { IDENTIFIERS, OPENING, PRIVATE, PRIVATE_EXCEPT, VOCABULARY, WHERE } from './vocabulary.mjs';

const WIDTH = 100;
/** Written by programs, or not text of this project. */
const SKIPPED = /^(LICENSE|package-lock\.json|Cargo\.lock|scripts\/vocabulary\.mjs|scripts\/words\.txt)/;
/** Names what was renamed. */
const HISTORY = /^CHANGELOG\.md$/;
const COMMENTS = {
  '.rs': { line: '//' },
  '.ts': { line: '//', block: true },
  '.js': { line: '//', block: true },
  '.mjs': { line: '//', block: true },
  '.css': { block: true },
  '.toml': { line: '#' },
  '.py': { line: '#' },
};
const FOLDERS = ['benches', 'configs', 'crates', 'docs', 'examples', 'pkg-templates', 'research', 'scripts', 'src'];
const PATH = new RegExp(`^(${[...FOLDERS, 'tests', 'weights', 'www'].join('|')})/[\\w./-]*$`);

const { values: options, positionals: paths } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'boolean' }, root: { type: 'string', default: project } },
});

/** The tracked and new files of a repository, or all files of a folder that is none. */
function listFiles(root) {
  const git = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const isRepository = git.status === 0 && existsSync(join(root, '.git'));
  const all = isRepository
    ? git.stdout.trim().split('\n')
    : readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
  return all.filter((file) => !SKIPPED.test(file) && !file.includes('node_modules/') && existsSync(join(root, file)));
}

/** The prose of a Markdown file, line by line, with its code blocks apart. */
function readMarkdown(text) {
  const prose = [];
  const code = [];
  let fence = null;
  for (const [index, line] of text.split('\n').entries()) {
    const number = index + 1;
    if (/^\s*```/.test(line)) {
      fence = fence === null ? line.trim().slice(3) : null;
      continue;
    }
    if (fence !== null || /^ {4}/.test(line)) code.push({ number, line: line.trim(), language: fence ?? '' });
    else prose.push({ number, line, text: line, opens: false });
  }
  return { prose, code };
}

/** The comments of a source file, line by line. `opens` marks the first line of a doc comment. */
function readComments(text, { line: marker, block }) {
  const prose = [];
  let inBlock = false;
  let fenced = false;
  let kind = '';
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    const before = kind;
    let content = null;
    let opens = false;
    if (inBlock || (block && trimmed.startsWith('/*'))) {
      opens = trimmed.startsWith('/**');
      content = trimmed.replace(/^\/\*+|^\*(?!\/)/, '').replace(/\*\/.*$/, '');
      inBlock = !trimmed.includes('*/');
      kind = 'block';
    } else if (marker && trimmed.startsWith(marker)) {
      kind = /^(\/\/[/!]|\/\/|#)/.exec(trimmed)[0];
      content = trimmed.slice(kind.length);
      opens = (kind === '///' || kind === '//!') && before !== kind;
    } else kind = '';
    if (kind !== before && kind !== 'block') fenced = false;
    if (content === null) continue;
    if (/^\s*```/.test(content)) fenced = !fenced;
    // The summary of a block may stand on its second line.
    const previous = prose.at(-1);
    if (kind === 'block' && previous?.awaits && content.trim()) opens = true;
    const awaits = kind === 'block' && opens && !content.trim();
    if (!fenced && !/^\s*```/.test(content))
      prose.push({ number: index + 1, line, text: content.trim(), opens: opens && !awaits, awaits });
  }
  return prose;
}

function readFile(root, file) {
  const text = readFileSync(join(root, file), 'utf8');
  if (extname(file) === '.md') return { file, text, ...readMarkdown(text) };
  const syntax = COMMENTS[extname(file)] ?? (file === 'Makefile' ? COMMENTS['.toml'] : null);
  return syntax ? { file, text, prose: readComments(text, syntax), code: [] } : null;
}

/** Tables, addresses and code in comments may be longer; a link counts without its target. */
function isTooLong({ line, text }) {
  if ([...line].length <= WIDTH) return false;
  if (/^\s*\|/.test(text) || /^ {4}/.test(text)) return false;
  const visible = line.replace(/\]\([^)]*\)/g, ']').replace(/https?:\/\/\S+/g, '');
  return [...visible].length > WIDTH;
}

/** All violations in the prose of a file, as [rule, line number, message]. */
function* checkProse({ file, text: whole, prose }) {
  if (!PRIVATE_EXCEPT.test(file)) {
    for (const [index, line] of whole.split('\n').entries())
      if (PRIVATE.test(line)) yield ['private', index + 1, 'names a folder that readers lack: name a public data set'];
  }
  for (const [i, entry] of prose.entries()) {
    const { number, text, opens } = entry;
    if (isTooLong(entry)) yield ['width', number, `longer than ${WIDTH} columns`];
    const opening = opens && OPENING.exec(text);
    if (opening) yield ['opening', number, `a doc comment begins with "${opening[0].trim()}": say what it is`];
    if (HISTORY.test(file)) continue;
    const words = text.replace(/`[^`]*`/g, '``');
    for (const { found, use, except, beside } of VOCABULARY) {
      const match = found.exec(words);
      if (!match || except?.test(file)) continue;
      if (beside && prose.slice(Math.max(i - 1, 0), i + 2).some((near) => beside.test(near.text))) continue;
      yield ['vocabulary', number, `"${match[0]}": write ${use}`];
    }
  }
}

const slugs = new Map();
/** The anchors of a Markdown file, as GitHub makes them. */
function anchorsOf(path) {
  if (!slugs.has(path)) {
    const headings = readMarkdown(readFileSync(path, 'utf8')).prose.filter(({ line }) => /^#+ /.test(line));
    const slug = ({ line }) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-');
    slugs.set(path, new Set(headings.map(slug)));
  }
  return slugs.get(path);
}

/** Relative links, their anchors, and paths in code spans. */
function* checkLinks(root, { file, prose }) {
  for (const { number, line } of prose) {
    for (const [, target] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path, anchor] = target.split('#');
      const to = path ? join(root, dirname(file), path) : join(root, file);
      if (!existsSync(to)) yield ['link', number, `there is no ${normalize(join(dirname(file), path))}`];
      else if (anchor && !anchorsOf(to).has(anchor))
        yield ['link', number, `${path || file} has no heading #${anchor}`];
    }
    if (HISTORY.test(file)) continue;
    for (const [, span] of line.matchAll(/`([^`]+)`/g)) {
      const isFile = PATH.test(span) && !/^(weights|scripts|docs|src|tests)\/?$/.test(span);
      const folders = file.split('/').map((_, depth, parts) => parts.slice(0, depth).join('/'));
      if (isFile && !folders.some((folder) => existsSync(join(root, folder, span))))
        yield ['link', number, `there is no ${span}`];
    }
  }
}

const targets = () =>
  new Set([...readFileSync(join(options.root, 'Makefile'), 'utf8').matchAll(/^([a-z-]+):/gm)].map(([, name]) => name));
const scripts = () => JSON.parse(readFileSync(join(options.root, 'package.json'), 'utf8')).scripts;

/** The source of an example with its modules: its flags are fields there. */
function exampleSource(name) {
  const main = join(options.root, 'examples', `${name}.rs`);
  return existsSync(main) ? readFileSync(main, 'utf8') : null;
}

/** Commands of this repository in code blocks and code spans. */
function* checkCommands(root, { prose, code }) {
  const spans = prose.flatMap(({ number, line }) =>
    [...line.matchAll(/`((?:make|npm run|cargo|node|python3?) [^`]+)`/g)].map(([, span]) => ({ number, line: span })),
  );
  for (const { number, line } of [...code, ...spans]) {
    const command = line.replace(/\s+(#|\/\/) .*$/, '');
    const words = command.split(/\s+/);
    if (words[0] === 'make') {
      for (const target of words.slice(1).filter((word) => /^[a-z-]+$/.test(word)))
        if (!targets().has(target)) yield ['command', number, `the Makefile has no target ${target}`];
    }
    if (words[0] === 'npm' && words[1] === 'run' && !(words[2] in scripts()))
      yield ['command', number, `package.json has no script ${words[2]}`];
    if (/^(node|python3?)$/.test(words[0]) && /\//.test(words[1]) && !existsSync(join(root, words[1])))
      yield ['command', number, `there is no ${words[1]}`];
    const example = /cargo run .*--example (\S+)/.exec(command);
    if (example) {
      const source = exampleSource(example[1]);
      if (source === null) yield ['command', number, `there is no example ${example[1]}`];
      for (const [, flag] of (source ? (command.split(' -- ')[1] ?? '') : '').matchAll(/--([a-z-]+)/g))
        if (!new RegExp(`^ {4}${flag.replaceAll('-', '_')}: `, 'm').test(source))
          yield ['command', number, `the example ${example[1]} has no --${flag}`];
    }
    const bench = /cargo bench .*--bench (\S+)/.exec(command);
    if (bench && !existsSync(join(root, 'benches', `${bench[1]}.rs`)))
      yield ['command', number, `there is no benchmark ${bench[1]}`];
    for (const [config] of command.matchAll(/\bconfigs\/\S+?\.toml\b/g))
      if (!existsSync(join(root, config))) yield ['command', number, `there is no ${config}`];
  }
}

/** Counts for a tree: lines of prose, violations by rule, old names in prose and in identifiers. */
function count(root, files) {
  const counts = { files: files.length, proseLines: 0, where: 0, width: 0, opening: 0, vocabulary: 0, private: 0 };
  const words = {};
  const identifiers = {};
  for (const entry of files) {
    counts.proseLines += entry.prose.length;
    counts.where += entry.prose.filter(({ text }) => WHERE.test(text)).length;
    for (const [rule, , message] of checkProse(entry)) {
      counts[rule] += 1;
      if (rule !== 'vocabulary') continue;
      const name = /"(.*?)"/.exec(message)[1].toLowerCase();
      words[name] = (words[name] ?? 0) + 1;
    }
    if (HISTORY.test(entry.file) || entry.file.endsWith('.md')) continue;
    const comments = new Set(entry.prose.map(({ number }) => number));
    const source = entry.text.split('\n').filter((_, i) => !comments.has(i + 1));
    for (const [name, found, except] of IDENTIFIERS)
      if (!except?.test(entry.file))
        identifiers[name] =
          (identifiers[name] ?? 0) + source.reduce((n, line) => n + (line.match(found)?.length ?? 0), 0);
  }
  const sum = (record) => Object.values(record).reduce((a, b) => a + b, 0);
  const sorted = (record) => Object.fromEntries(Object.entries(record).sort(([, a], [, b]) => b - a));
  return { root, ...counts, identifiers: sum(identifiers), words: sorted(words), names: sorted(identifiers) };
}

/** Runs cspell over the files; its configuration says which parts of them are prose. */
function checkSpelling(files) {
  const program = join(project, 'node_modules', '.bin', process.platform === 'win32' ? 'cspell.cmd' : 'cspell');
  const arguments_ = ['lint', '--no-progress', '--no-summary', '--config', 'cspell.json', '--file-list', 'stdin'];
  const { status, error } = spawnSync(program, arguments_, {
    cwd: project,
    input: files.map(({ file }) => file).join('\n'),
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  if (error) throw error;
  return status === 0;
}

const below = (file) => paths.length === 0 || paths.some((path) => file === path || file.startsWith(`${path}/`));
const files = listFiles(options.root)
  .filter(below)
  .map((file) => readFile(options.root, file))
  .filter((entry) => entry !== null);

if (options.count) console.log(JSON.stringify(count(options.root, files), null, 2));
else {
  let failures = 0;
  for (const entry of files) {
    const documents = entry.file.endsWith('.md')
      ? [...checkLinks(options.root, entry), ...checkCommands(options.root, entry)]
      : [];
    for (const [rule, number, message] of [...checkProse(entry), ...documents]) {
      failures += 1;
      console.error(`${entry.file}:${number}: ${message} (${rule})`);
    }
  }
  const spelt = checkSpelling(files);
  if (failures > 0) console.error(`${failures} violations`);
  if (failures > 0 || !spelt) process.exitCode = 1;
}
