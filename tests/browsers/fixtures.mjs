/**
 * The fixtures of this folder. Each project of playwright.config.mjs tests one browser, which is
 * skipped where it is not installed.
 */
import { test as base, expect } from '@playwright/test';
import { ENGINES, launch, missing } from './drivers.mjs';

export { expect };

/** Window sizes: a desktop and a phone. */
export const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

export const test = base.extend({
  engine: ['chromium', { scope: 'worker', option: true }],
  size: [SIZES.desktop, { scope: 'worker', option: true }],

  /** The browser, with a single page. */
  driver: [
    async ({ engine, size }, use) => {
      // Fixtures of a worker are set up before a test can be skipped.
      if (missing(engine)) return use(null);
      const driver = await launch(engine, size);
      await use(driver);
      await driver.close();
    },
    { scope: 'worker', timeout: 180_000 },
  ],

  /** If the browser is missing, its tests are skipped; only in CI, Chromium must be there. */
  requireEngine: [
    async ({ engine }, use, info) => {
      if (!ENGINES.includes(engine)) throw new Error(`there is no engine ${engine}`);
      const reason = missing(engine);
      info.skip(Boolean(reason) && !(process.env.CI && engine === 'chromium'), reason ?? '');
      await use();
    },
    { auto: true },
  ],
});

/** Waits until `work` returns something truthy in the page, and resolves to it. */
export async function until(driver, work, argument) {
  let value;
  await expect(async () => {
    value = await driver.evaluate(work, argument);
    expect(value, String(work)).toBeTruthy();
  }).toPass({ timeout: 240_000 });
  return value;
}
