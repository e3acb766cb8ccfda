/** Fixtures of all browser tests: the browser and its fake camera. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { findBrowser, NO_BROWSER } from '../scripts/browser.mjs';
import { root } from '../scripts/project.mjs';

const CLIP = join(root, 'target', 'clip.mjpeg');

/**
 * The path of the clip that `make clip` renders: 480×360 at 30 frames per second. A person enters,
 * turns the head, leaves and returns.
 */
export function clip() {
  if (!existsSync(CLIP)) throw new Error(`${CLIP} is missing; run \`make clip\``);
  return CLIP;
}

/**
 * Flags of a browser whose camera plays the clip. A test grants a page access to it with
 * `test.use({ permissions: ['camera'] })`.
 */
export const camera = ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${CLIP}`];

export const test = base.extend({
  /** Without a browser, tests are skipped on a developer's machine and fail in CI. */
  requireBrowser: [
    async ({}, use, info) => {
      info.skip(!findBrowser() && !process.env.CI, NO_BROWSER);
      await use();
    },
    { auto: true },
  ],
  /** Without the clip the fake camera would silently show nothing. */
  requireClip: [
    async ({ permissions }, use) => {
      if (permissions?.includes('camera')) clip();
      await use();
    },
    { auto: true },
  ],
});
