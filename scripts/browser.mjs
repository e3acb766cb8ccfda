/** Finds the Chromium or Chrome of the machine, for the tests. `node scripts/browser.mjs` installs one if that is easy. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from '@playwright/test';
import { fail, say } from './project.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

export const NO_BROWSER =
  'no Chromium or Chrome was found: install one with `sudo apt-get install chromium` or `npx playwright install chromium`, or name it in CHROME';

/** The path of a browser, or null. CHROME names one explicitly; the one that Playwright has downloaded comes last. */
export function findBrowser() {
  if (process.env.CHROME) return process.env.CHROME;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...names, ...ELSEWHERE, chromium.executablePath()].find(isProgram) ?? null;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** How Playwright starts that browser: without a window, with more flags if some are wanted. */
export function launchOptions(...flags) {
  return {
    executablePath: findBrowser() ?? undefined,
    headless: true,
    // Machines that only test often have no sandbox, no GPU and no way out of the local network.
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

/** Starts the browser, outside of Playwright's test runner. Each start has a profile of its own. */
export async function launchBrowser(...flags) {
  if (!findBrowser()) throw new Error(NO_BROWSER);
  return chromium.launch(launchOptions(...flags));
}

/** Whether a program runs, without a word on the terminal. */
const works = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/** Whether Debian's or Ubuntu's package could be installed; that takes the rights of root, if need be by sudo. */
function install() {
  if (process.platform !== 'linux' || !works('apt-get', '--version')) return false;
  const isRoot = process.getuid() === 0;
  if (!isRoot && !works('sudo', '-n', 'true')) return false;
  say('Installing chromium, for the tests');
  const apt = (...args) => {
    const [program, ...rest] = [...(isRoot ? [] : ['sudo', '-n']), 'apt-get', ...args];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    return spawnSync(program, rest, { stdio: 'inherit', env }).status === 0;
  };
  return apt('update', '-q') && apt('install', '-y', '-q', '--no-install-recommends', 'chromium');
}

/** Sees to it that the tests have a browser. Without one they are skipped on a developer's machine, and fail in CI. */
function needBrowser() {
  if (findBrowser() || (install() && findBrowser())) return;
  if (process.env.CI) fail(NO_BROWSER);
  console.warn(`warning: ${NO_BROWSER}. Until then tests in the browser are skipped.`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) needBrowser();
