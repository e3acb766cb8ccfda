/** Fixtures that serve and open the built demo. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from '@playwright/test';
import { serve } from '../../scripts/preview.mjs';
import { root } from '../../scripts/project.mjs';
import { test as base } from '../fixtures.mjs';
import { fitted } from './site.mjs';

/** Folder of the built site; set `STGAN_SITE` to test another one. */
const folder = resolve(process.env.STGAN_SITE ?? join(root, 'site'));

export { expect };

export const test = base.extend({
  /** URL of the served site. It has a path, as on many web hosts. */
  site: [
    async ({}, use) => {
      if (!existsSync(join(folder, 'index.html')))
        throw new Error(`${folder} contains no built site: run \`make site\` first`);
      const server = await serve(folder, '/try-on/');
      await use(server.url);
      await server.close();
    },
    { scope: 'worker' },
  ],
  baseURL: ({ site }, use) => use(site),

  /** Whether a test may cause page errors and console messages. Otherwise they fail the test. */
  expectsErrors: [false, { option: true }],

  /** An empty page. */
  page: async ({ page, expectsErrors }, use) => {
    const problems = [];
    page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(`${message.type()}: ${message.text()}`);
    });
    await use(page);
    if (!expectsErrors) expect(problems).toEqual([]);
  },

  /** The page with the demo, after the fit on the first portrait. */
  demo: async ({ page }, use) => {
    await page.goto('./');
    await fitted(page);
    await use(page);
  },
});
