/**
 * The fixtures of this folder: the packed package in an empty Vite project, built, served and
 * opened in a page.
 */
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { serve } from '../../../scripts/preview.mjs';
import { test as base } from '../../fixtures.mjs';
import { project } from '../consumer.mjs';

export { expect };

/** Opens the project's page and adds the helpers that create images. */
export async function open(page, address) {
  await page.goto(address);
  await page.waitForFunction(() => window.images !== undefined);
  await page.evaluate(() => {
    window.placement = window.images.placementOn({ width: 640, height: 480 });
    window.toImageData = ({ data, width, height }) => new ImageData(data, width, height);
    /** Encodes pixels as an image file. */
    window.toBlob = async (pixels, type = 'image/png') => {
      const canvas = new OffscreenCanvas(pixels.width, pixels.height);
      canvas.getContext('2d').putImageData(window.toImageData(pixels), 0, 0);
      return canvas.convertToBlob({ type });
    };
  });
}

export const test = base.extend({
  /** The project, and the address of its built page. */
  consumer: [
    async ({}, use) => {
      const files = ['index.html', 'main.js', 'worker.js', 'vite.config.js'].map((file) => `vite/${file}`);
      const consumer = project(...files, 'images.mjs', 'odd-inputs.mjs');
      consumer.tool('vite/bin/vite.js', 'build', '--logLevel', 'warn');
      const server = await serve(join(consumer.folder, 'dist'));
      await use({ ...consumer, address: server.url });
      await server.close();
      consumer.remove();
    },
    { scope: 'worker' },
  ],

  /** The paths that the page has requested from its server. */
  requests: ({}, use) => use([]),

  /** The built page, opened. Uncaught errors in it fail the test. */
  page: async ({ page, consumer, requests }, use) => {
    const errors = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    page.on('pageerror', (error) => errors.push(error.message));
    await open(page, consumer.address);
    await use(page);
    expect(errors).toEqual([]);
  },
});
