export const title = 'TypeScript';

/** Compiles a program in strict mode and runs it. */
async function compile({ run }, module, moduleResolution, lib) {
  const flags = { module, moduleResolution, lib, target: 'es2022', strict: true, outDir: 'out', types: '' };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  await run('tsc', '--ignoreConfig', 'main.ts', ...args);
  return JSON.parse(await run(process.execPath, 'out/main.js'));
}

export const steps = {
  node16: (context) => compile(context, 'node16', 'node16', 'es2022,dom'),
  'node16, without the library dom': (context) => compile(context, 'node16', 'node16', 'es2022'),
  bundler: (context) => compile(context, 'esnext', 'bundler', 'es2022,dom'),
  'bundler, without the library dom': (context) => compile(context, 'esnext', 'bundler', 'es2022'),
};
