/** The tests of the package, of the demo's page and of its modules; `npx playwright test --list` names them. */
import { defineConfig } from '@playwright/test';
import { launchOptions } from './scripts/browser.mjs';
import { camera } from './tests/fixtures.mjs';

const MINUTE = 60_000;

export default defineConfig({
  projects: [
    { name: 'package-node', testDir: 'tests/package/node' },
    { name: 'package-page', testDir: 'tests/package/page' },
    { name: 'www', testDir: 'www/test' },
    { name: 'demo', testDir: 'tests/demo' },
  ],
  testMatch: '*.test.mjs',
  outputDir: 'target/playwright',
  reporter: [['list'], ['./tests/reporter.mjs']],
  forbidOnly: Boolean(process.env.CI),
  // The pages compute on all the threads that they have: side by side they would only wait for each other.
  workers: 1,
  // No test is about time. These end what hangs, on slow machines too.
  timeout: 5 * MINUTE,
  expect: { timeout: MINUTE },
  use: {
    actionTimeout: MINUTE,
    navigationTimeout: MINUTE,
    viewport: { width: 1280, height: 800 },
    screenshot: 'only-on-failure',
    launchOptions: launchOptions(...camera),
  },
});
