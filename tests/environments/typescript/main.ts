import { type Pixels, type StganError, TryOn } from 'stgan';

declare const console: { log(text: string): void };
// @ts-expect-error The module has no declarations.
const { check } = await import('../check.mjs');

/** Creates a `TryOn` and uses its types. */
async function create(options: Parameters<typeof TryOn.create>[0]): Promise<TryOn> {
  const tryOn = await TryOn.create(options);
  const empty: Pixels = { data: new Uint8Array(0), width: 0, height: 0 };
  const refused = await tryOn.locate(empty).catch((error: StganError) => error.code);
  if (refused !== 'image-size') throw new Error(String(refused));
  return tryOn;
}

console.log(JSON.stringify(await check({ create })));
