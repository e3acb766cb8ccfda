/** The packed package, installed and imported into Node: what every test of this folder begins with. */
import { pathToFileURL } from 'node:url';
import { test as base, expect } from '@playwright/test';
import { project } from '../consumer.mjs';

export { expect };

export const test = base.extend({
  /** Tests that watch the module's memory have a process of their own: they give it a name. */
  process: ['shared', { scope: 'worker', option: true }],

  /** A project in which nothing but the package is installed. */
  consumer: [
    async ({}, use) => {
      const consumer = project('consumer.ts');
      await use(consumer);
      consumer.remove();
    },
    { scope: 'worker' },
  ],
  /** The package as it is imported. */
  stgan: [
    async ({ consumer }, use) => use(await import(pathToFileURL(consumer.path('dist/index.js')))),
    { scope: 'worker' },
  ],
  /** What wasm-bindgen made, beneath it. */
  glue: [
    async ({ consumer }, use) => use(await import(pathToFileURL(consumer.path('wasm/stgan.js')))),
    { scope: 'worker' },
  ],
  tryOn: async ({ stgan }, use) => {
    const tryOn = await stgan.TryOn.create();
    await use(tryOn);
    tryOn.dispose();
  },
});
