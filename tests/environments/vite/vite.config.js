export default {
  optimizeDeps: { exclude: ['stgan'] },
};
