/** The type declarations of the packed package, compiled in strict mode. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from './fixtures.mjs';

for (const [module, moduleResolution] of [
  ['ESNext', 'bundler'],
  ['NodeNext', 'NodeNext'],
]) {
  test(`a consumer compiles with moduleResolution ${moduleResolution}`, ({ consumer }) => {
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
      consumer.tool('typescript/bin/tsc');
    } catch (error) {
      throw new Error(error.stdout, { cause: error });
    }
  });
}
