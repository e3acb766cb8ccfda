/** The built demo, served and opened: what every test of this folder begins with. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from '@playwright/test';
import { serve } from '../../scripts/preview.mjs';
import { root } from '../../scripts/project.mjs';
import { test as base } from '../fixtures.mjs';
import { fitted } from './site.mjs';

/** The folder with the built site; `STGAN_SITE` names another. */
const folder = resolve(process.env.STGAN_SITE ?? join(root, 'site'));

export { expect };

export const test = base.extend({
  /** Where the site is served: under a path of its own, as many web hosts have it. */
  site: [
    async ({}, use) => {
      if (!existsSync(join(folder, 'index.html')))
        throw new Error(`${folder} holds no built site: run \`make site\` first`);
      const server = await serve(folder, '/try-on/');
      await use(server.url);
      await server.close();
    },
    { scope: 'worker' },
  ],
  baseURL: ({ site }, use) => use(site),

  /** Whether a test is about what goes wrong; else nothing may be said on the console, nor go wrong unseen. */
  troubled: [false, { option: true }],

  /** An empty page. */
  page: async ({ page, troubled }, use) => {
    const problems = [];
    page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(`${message.type()}: ${message.text()}`);
    });
    await use(page);
    if (!troubled) expect(problems).toEqual([]);
  },

  /** The page with the demo, when the fit on its first portrait is shown. */
  demo: async ({ page }, use) => {
    await page.goto('./');
    await fitted(page);
    await use(page);
  },
});
