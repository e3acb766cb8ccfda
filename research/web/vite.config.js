import { defineConfig } from 'vite';

export default defineConfig({
  // Relative URLs work in any folder.
  base: './',
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // BENCH_PAGES limits the build to some pages, because the others import other libraries.
    rollupOptions: { input: process.env.BENCH_PAGES?.split(',') ?? ['index.html', 'start.html', 'track.html'] },
  },
});
