/** What all tests in the browser share: whether there is one, and its camera. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { findBrowser, NO_BROWSER } from '../scripts/browser.mjs';
import { root } from '../scripts/project.mjs';

const CLIP = join(root, 'target', 'clip.mjpeg');

/** The clip, 480×360 at 30 pictures a second: what `make clip` writes. Somebody comes, looks about, leaves and comes back. */
export function clip() {
  if (!existsSync(CLIP)) throw new Error(`there is no ${CLIP}: run \`make clip\` first`);
  return CLIP;
}

/** Flags of a browser with a camera that plays the clip. Pages may use it if a test has `use({ permissions: ['camera'] })`. */
export const camera = ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${CLIP}`];

export const test = base.extend({
  /** On a developer's machine without a browser tests are skipped; in CI they fail. */
  someBrowser: [
    async ({}, use, info) => {
      info.skip(!findBrowser() && !process.env.CI, NO_BROWSER);
      await use();
    },
    { auto: true },
  ],
  /** Without the clip the camera would show nothing, and say nothing about it. */
  someClip: [
    async ({ permissions }, use) => {
      if (permissions?.includes('camera')) clip();
      await use();
    },
    { auto: true },
  ],
});
