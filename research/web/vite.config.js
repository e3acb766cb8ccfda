import { defineConfig } from 'vite';

export default defineConfig({
  // Relative addresses, so that the pages may lie in any folder.
  base: './',
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // BENCH_PAGES: only these, without the peers that others import.
    rollupOptions: { input: process.env.BENCH_PAGES?.split(',') ?? ['index.html', 'start.html', 'track.html'] },
  },
});
