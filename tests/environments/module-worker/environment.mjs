export const title = 'Module worker';

/** Allows scripts of the page's own origin and the compilation of wasm. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";

export const steps = {
  'no bundler': async ({ serve, open }) => open(await serve('.')),
  'no bundler, strict policy': async ({ serve, open }) => open(await serve('.', { 'content-security-policy': POLICY })),
};
