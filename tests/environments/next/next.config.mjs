import { fileURLToPath } from 'node:url';

export default {
  serverExternalPackages: process.env.STGAN_IN_BUNDLE ? [] : ['stgan'],
  turbopack: { root: fileURLToPath(new URL('.', import.meta.url)) },
};
