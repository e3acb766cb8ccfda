import { defineConfig, type Plugin } from 'vite';

/**
 * The page may only run and fetch what it ships itself. The policy is added at build time, because
 * the development server needs inline styles.
 */
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

/**
 * Serves files uncompressed in preview. A compressed response has no length to compute the download
 * progress from.
 */
const uncompressed: Plugin = {
  name: 'uncompressed',
  configurePreviewServer: ({ middlewares }) => {
    middlewares.use((request, _, next) => {
      // The page is type-checked without the types of Node.
      const { headers } = request as unknown as { headers: Record<string, string> };
      delete headers['accept-encoding'];
      next();
    });
  },
};

export default defineConfig({
  // Relative URLs let the built folder work at any path of any host.
  base: './',
  // Missing files give 404, as on most web hosts, instead of the page.
  appType: 'mpa',
  plugins: [contentSecurityPolicy, uncompressed],
  build: {
    target: 'es2022',
    // The policy refuses inlined assets, which are data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  // The package loads its wasm and weights relative to its own URL, which pre-bundling changes.
  optimizeDeps: { exclude: ['stgan'] },
  server: { fs: { allow: ['.', '../pkg'] } },
  // These headers make the page cross-origin isolated.
  preview: {
    port: 8080,
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
});
