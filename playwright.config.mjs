/**
 * The tests of the npm package, of the demo's modules and of its page, and those in other browsers;
 * `npx playwright test --list` lists them.
 */
import { defineConfig } from '@playwright/test';
import { launchOptions } from './scripts/browser.mjs';
import { ENGINES } from './tests/browsers/drivers.mjs';
import { SIZES } from './tests/browsers/fixtures.mjs';
import { camera } from './tests/fixtures.mjs';

const MINUTE = 60_000;

export default defineConfig({
  projects: [
    { name: 'package-node', testDir: 'tests/package/node' },
    { name: 'package-page', testDir: 'tests/package/page' },
    { name: 'package-element', testDir: 'tests/package/element' },
    { name: 'package-react', testDir: 'tests/package/react' },
    { name: 'www', testDir: 'www/test' },
    { name: 'demo', testDir: 'tests/demo' },
    ...ENGINES.flatMap((engine) =>
      Object.entries(SIZES).map(([name, size]) => ({
        name: `${engine}-${name}`,
        testDir: 'tests/browsers',
        // The package does not depend on the size of the window.
        testIgnore: name === 'desktop' ? [] : 'package.test.mjs',
        use: { engine, size },
      })),
    ),
  ],
  testMatch: '*.test.mjs',
  outputDir: 'target/playwright',
  reporter: [['list'], ['./tests/reporter.mjs']],
  forbidOnly: Boolean(process.env.CI),
  // Parallel tests would compete for the CPU.
  workers: 1,
  // No test measures time. These limits only end tests that hang, on slow machines too.
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
