import { defineConfig, type Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

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
  "manifest-src 'self'",
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

/** Loads the code of the page together with the entry script, which starts the workers first. */
const preloadPage: Plugin = {
  name: 'preload-page',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: (_, { bundle = {} }) =>
      Object.values(bundle)
        .filter((file) => file.type === 'chunk' && file.facadeModuleId?.endsWith('/src/main.ts'))
        .map(({ fileName }) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `./${fileName}` },
          injectTo: 'head',
        })),
  },
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

/**
 * Makes the page an app that works offline. The service worker stores what the first visit has
 * loaded anyway, and other images of the gallery when they are first shown. The package stores its
 * own files (the option `cache` of `TryOn.create`).
 */
const app = VitePWA({
  registerType: 'autoUpdate',
  // The page registers the worker itself, after the first fit.
  injectRegister: null,
  includeManifestIcons: false,
  manifest: {
    name: 'Try on glasses',
    short_name: 'Glasses',
    description: 'Try on glasses with a photo or your camera. Your images never leave this device.',
    id: './',
    start_url: './',
    scope: './',
    display: 'standalone',
    background_color: '#f6f4f0',
    theme_color: '#f6f4f0',
    icons: [
      { src: 'icons/icon-192.png', sizes: '192x192', type: 'image/png' },
      { src: 'icons/icon-512.png', sizes: '512x512', type: 'image/png' },
      { src: 'icons/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
    ],
  },
  workbox: {
    inlineWorkboxRuntime: true,
    globPatterns: [
      'index.html',
      'favicon.svg',
      'assets/*.{js,css}',
      'gallery/gallery.json',
      'gallery/{glasses,portraits}/*.small.*',
    ],
    // Unknown addresses, such as those of the API reference, are not this page.
    navigateFallback: null,
    runtimeCaching: [
      {
        urlPattern: ({ url, sameOrigin }) => sameOrigin && url.pathname.includes('/gallery/'),
        handler: 'CacheFirst',
        options: { cacheName: 'gallery' },
      },
    ],
  },
});

export default defineConfig({
  // Relative URLs let the built folder work at any path of any host.
  base: './',
  // Missing files give 404, as on most web hosts, instead of the page.
  appType: 'mpa',
  plugins: [contentSecurityPolicy, preloadPage, uncompressed, app],
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
