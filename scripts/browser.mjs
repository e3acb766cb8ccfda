/**
 * Finds the Chromium or Chrome that the tests use. `node scripts/browser.mjs` installs one if
 * apt-get can.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from '@playwright/test';
import { fail, say } from './project.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
const OTHER_PATHS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

export const NO_BROWSER =
  'no Chromium or Chrome found; install one with `sudo apt-get install chromium` or `npx playwright install chromium`, or set CHROME to its path';

/**
 * The path of a browser, or null. The environment variable CHROME takes precedence; a browser that
 * Playwright downloaded comes last.
 */
export function findBrowser() {
  if (process.env.CHROME) return process.env.CHROME;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...names, ...OTHER_PATHS, chromium.executablePath()].find(isExecutable) ?? null;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Playwright's launch options for this browser: headless, with these additional flags. */
export function launchOptions(...flags) {
  return {
    executablePath: findBrowser() ?? undefined,
    headless: true,
    // CI machines often have no sandbox, no GPU and no internet access.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
      ...flags,
    ],
  };
}

/** Starts the browser with a new profile, for scripts outside Playwright's test runner. */
export async function launchBrowser(...flags) {
  if (!findBrowser()) throw new Error(NO_BROWSER);
  return chromium.launch(launchOptions(...flags));
}

/** Whether a program exits successfully. Its output is discarded. */
const succeeds = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/**
 * Installs the package `chromium` of Debian or Ubuntu, as root or with sudo. Returns whether it
 * succeeded.
 */
function installWithApt() {
  if (process.platform !== 'linux' || !succeeds('apt-get', '--version')) return false;
  const isRoot = process.getuid() === 0;
  if (!isRoot && !succeeds('sudo', '-n', 'true')) return false;
  say('Installing chromium for the tests');
  const apt = (...args) => {
    const [program, ...rest] = [...(isRoot ? [] : ['sudo', '-n']), 'apt-get', ...args];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    return spawnSync(program, rest, { stdio: 'inherit', env }).status === 0;
  };
  return apt('update', '-q') && apt('install', '-y', '-q', '--no-install-recommends', 'chromium');
}

/**
 * Installs a browser if there is none. If that fails, it warns on a developer's machine and fails
 * in CI.
 */
function ensureBrowser() {
  if (findBrowser() || (installWithApt() && findBrowser())) return;
  if (process.env.CI) fail(NO_BROWSER);
  console.warn(`warning: ${NO_BROWSER}. Browser tests are skipped until then.`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) ensureBrowser();
