import { defineConfig } from 'vite';

export default defineConfig({
  // Relative addresses, so that the pages may lie in any folder.
  base: './',
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ['index.html', 'start.html'] },
  },
});
