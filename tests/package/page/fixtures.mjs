/** The packed package in an empty Vite project, built, served and opened in a page: what every test of this folder begins with. */
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { serve } from '../../../scripts/preview.mjs';
import { test as base } from '../../fixtures.mjs';
import { project } from '../consumer.mjs';

export { expect };

/** Opens the project's page, and gives it what the tests make pictures with. */
export async function open(page, address) {
  await page.goto(address);
  await page.waitForFunction(() => window.pictures !== undefined);
  await page.evaluate(() => {
    window.placement = window.pictures.placementOn({ width: 640, height: 480 });
    window.toImageData = ({ data, width, height }) => new ImageData(data, width, height);
    /** The picture as a file. */
    window.toBlob = async (picture, type = 'image/png') => {
      const canvas = new OffscreenCanvas(picture.width, picture.height);
      canvas.getContext('2d').putImageData(window.toImageData(picture), 0, 0);
      return canvas.convertToBlob({ type });
    };
  });
}

export const test = base.extend({
  /** The project, and where its built page is served. */
  consumer: [
    async ({}, use) => {
      const files = ['index.html', 'main.js', 'worker.js', 'vite.config.js'].map((file) => `vite/${file}`);
      const consumer = project(...files, 'pictures.mjs');
      consumer.tool('vite/bin/vite.js', 'build', '--logLevel', 'warn');
      const server = await serve(join(consumer.folder, 'dist'));
      await use({ ...consumer, address: server.url });
      await server.close();
      consumer.remove();
    },
    { scope: 'worker' },
  ],

  /** The paths that the page has asked its server for. */
  requests: ({}, use) => use([]),

  /** The built page, opened. Nothing may go wrong in it unseen. */
  page: async ({ page, consumer, requests }, use) => {
    const problems = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    page.on('pageerror', (error) => problems.push(error.message));
    await open(page, consumer.address);
    await use(page);
    expect(problems).toEqual([]);
  },
});
