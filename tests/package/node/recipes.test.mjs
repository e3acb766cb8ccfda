/** The modules of docs/recipes.md, compiled with the types of the packed package. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/project.mjs';
import { expect, test } from './fixtures.mjs';

/** Each block of JavaScript with the heading that it follows. */
function recipes() {
  const text = readFileSync(join(root, 'docs', 'recipes.md'), 'utf8');
  return text.split(/^## /m).flatMap((section) => {
    const [title] = section.split('\n', 1);
    return Array.from(section.matchAll(/^```js\n(.*?)^```$/gms), ([, code]) => ({ title, code }));
  });
}

test('every recipe compiles', ({ consumer }) => {
  const list = recipes();
  expect(list.map(({ title }) => title)).toHaveLength(6);
  mkdirSync(join(consumer.folder, 'recipes'), { recursive: true });
  // The type of an element does not follow from its selector.
  const untyped = (code) => code.replaceAll('document.querySelector', '/** @type {any} */ (document).querySelector');
  for (const [index, { code }] of list.entries())
    writeFileSync(join(consumer.folder, 'recipes', `${index}.js`), untyped(code));
  const compilerOptions = {
    target: 'ES2022',
    module: 'ESNext',
    moduleResolution: 'bundler',
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    types: [],
    allowJs: true,
    checkJs: true,
    noEmit: true,
    strict: true,
    noImplicitAny: false,
    useUnknownInCatchVariables: false,
  };
  writeFileSync(join(consumer.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['recipes'] }));
  try {
    consumer.tool('typescript/bin/tsc');
  } catch (error) {
    throw new Error(error.stdout, { cause: error });
  }
});
