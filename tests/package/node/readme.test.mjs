/** The README of the packed package, compared with the type declarations. */
import { expect, test } from './fixtures.mjs';

/**
 * The text of the section with this heading, up to the next heading of the same or a higher level.
 */
function section(readme, heading) {
  const [, level] = heading.match(/^(#+) /);
  const start = readme.indexOf(`\n${heading}`);
  if (start < 0) throw new Error(`the README has no section "${heading}"`);
  const text = readme.slice(start + heading.length + 1);
  const next = text.search(new RegExp(`^#{1,${level.length}} `, 'm'));
  return next < 0 ? text : text.slice(0, next);
}

/** The names in the first column of all tables in a text. */
const firstColumn = (text) => [...text.matchAll(/^\| `(.+?)` \|/gm)].map(([, name]) => name);

test('the README lists exactly the error codes of the type StganErrorCode', ({ consumer }) => {
  const readme = consumer.read('README.md').toString();
  const types = consumer.read('dist/errors.d.ts').toString();
  const [, union] = types.match(/type StganErrorCode = ([^;]+);/);
  const codes = [...union.matchAll(/'([\w-]+)'/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(0);
  expect(firstColumn(section(readme, '## Errors'))).toEqual(codes);
  const documented = [...types.matchAll(/^ \* - `([\w-]+)`:/gm)].map(([, code]) => code);
  expect(documented, 'in the doc comment').toEqual(codes);
});

test('the README lists exactly the warnings of the type GlassesWarning', ({ consumer }) => {
  const types = consumer.read('dist/glasses.d.ts').toString();
  const [, union] = types.match(/type GlassesWarning = ([^;]+);/);
  const warnings = [...union.matchAll(/'([\w-]+)'/g)].map(([, warning]) => warning);
  expect(warnings.length).toBeGreaterThan(0);
  expect(firstColumn(section(consumer.read('README.md').toString(), '#### Warnings'))).toEqual(warnings);
  const documented = [...types.matchAll(/^ \* - `([\w-]+)`:/gm)].map(([, warning]) => warning);
  expect(documented, 'in the doc comment').toEqual(warnings);
});

for (const [type, file, heading] of [
  ['CreateOptions', 'tryon-types', '### `TryOn.create(options)`'],
  ['GlassesOptions', 'glasses', '### `tryOn.glasses(source, options)`'],
  ['FitOptions', 'tryon-types', '### `tryOn.fit(photo, glasses, options)`'],
  ['CompositeOptions', 'fit', '### `tryOn.fit(photo, glasses, options)`'],
  ['TrackOptions', 'track-types', '### `tryOn.track(source, glasses, options)`'],
]) {
  test(`the README lists all options of ${type}`, ({ consumer }) => {
    const types = consumer.read(`dist/${file}.d.ts`).toString();
    const [, body] = types.match(new RegExp(`interface ${type} \\{(.+?)^\\}`, 'ms'));
    const options = [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => name);
    expect(options.length).toBeGreaterThan(0);
    const listed = firstColumn(section(consumer.read('README.md').toString(), heading));
    expect(listed).toEqual(expect.arrayContaining(options));
  });
}
