export default {
  base: './',
  build: { target: 'es2022', chunkSizeWarningLimit: 10_000 },
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['stgan'] },
};
