/** The fixtures of this folder: the packed package, installed and imported into Node. */
import { pathToFileURL } from 'node:url';
import { test as base, expect } from '@playwright/test';
import { project } from '../consumer.mjs';

export { expect };

export const test = base.extend({
  /**
   * The name of a test process. Tests that measure the memory of wasm use a process of their own.
   */
  process: ['shared', { scope: 'worker', option: true }],

  /** A project whose only dependency is the package. */
  consumer: [
    async ({}, use) => {
      const consumer = project('consumer.ts', 'server.ts');
      await use(consumer);
      consumer.remove();
    },
    { scope: 'worker' },
  ],
  /** The imported package. */
  stgan: [
    async ({ consumer }, use) => use(await import(pathToFileURL(consumer.path('dist/index.js')))),
    { scope: 'worker' },
  ],
  /** The wasm-bindgen module beneath it. */
  bindings: [
    async ({ consumer }, use) => use(await import(pathToFileURL(consumer.path('wasm/stgan.js')))),
    { scope: 'worker' },
  ],
  tryOn: async ({ stgan }, use) => {
    const tryOn = await stgan.TryOn.create();
    await use(tryOn);
    tryOn.dispose();
  },
});
