/** The packed package's types, as strict consumers see them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { project, tool } from './consumer.mjs';

let consumer;
before(() => (consumer = project('consumer.ts')));
after(() => consumer.remove());

for (const [module, moduleResolution] of [
  ['ESNext', 'bundler'],
  ['NodeNext', 'NodeNext'],
]) {
  test(`are whole and right with moduleResolution ${moduleResolution}`, () => {
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'ES2022',
      lib: ['ES2022', 'DOM'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
    };
    writeFileSync(join(consumer.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    try {
      tool(consumer.folder, 'typescript/bin/tsc');
    } catch (error) {
      throw new Error(error.stdout, { cause: error });
    }
  });
}
