/** The type declarations of the packed package, compiled in strict mode. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from './fixtures.mjs';

/** Compiles a file of the consumer; compiler errors fail the test. */
function compile(consumer, file, options) {
  const compilerOptions = {
    target: 'ES2022',
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    ...options,
  };
  writeFileSync(join(consumer.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  try {
    consumer.tool('typescript/bin/tsc');
  } catch (error) {
    throw new Error(error.stdout, { cause: error });
  }
}

for (const [module, moduleResolution] of [
  ['ESNext', 'bundler'],
  ['Node16', 'Node16'],
  ['NodeNext', 'NodeNext'],
]) {
  test(`a consumer compiles with moduleResolution ${moduleResolution}`, ({ consumer }) => {
    compile(consumer, 'consumer.ts', { module, moduleResolution, lib: ['ES2022', 'DOM'] });
  });

  test(`a consumer compiles with moduleResolution ${moduleResolution} without the types of a browser`, ({
    consumer,
  }) => {
    compile(consumer, 'server.ts', { module, moduleResolution, lib: ['ES2022'] });
  });
}
