import { defineConfig, type Plugin } from 'vite';

/** Only what the page itself ships may run or be fetched. Added at build time: the development server works with inline styles. */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: policy }, injectTo: 'head-prepend' },
  ],
};

/** Packed on their way, files would come without the length from which the page says how far a download is. */
const unpacked: Plugin = {
  name: 'unpacked',
  configurePreviewServer: ({ middlewares }) => {
    middlewares.use((request, _, next) => {
      // Node's own types are not among the page's.
      const { headers } = request as unknown as { headers: Record<string, string> };
      delete headers['accept-encoding'];
      next();
    });
  },
};

export default defineConfig({
  // Relative addresses: the built folder works at any path of any host.
  base: './',
  // Like most web hosts: what is not there is answered with 404, and not with the page.
  appType: 'mpa',
  plugins: [contentSecurityPolicy, unpacked],
  build: {
    target: 'es2022',
    // Inlined assets would be data: addresses, which the policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  // The package finds its wasm and weights beside itself; a pre-bundled copy would have lost them.
  optimizeDeps: { exclude: ['stgan'] },
  server: { fs: { allow: ['.', '../pkg'] } },
  // Cross-origin isolated, as a host would have pages that lets wasm use threads.
  preview: {
    port: 8080,
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
});
