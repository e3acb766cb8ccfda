/** Finds the Chromium or Chrome of the machine, for the tests. `node scripts/browser.mjs` installs one where that is easy. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, say } from './project.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** The path of a browser, or null. CHROME names one explicitly. */
export function findBrowser() {
  if (process.env.CHROME) return process.env.CHROME;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...ELSEWHERE];
  return candidates.find(isProgram) ?? null;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts the browser, without a window, with more flags where some are wanted. Each start has a profile of its own. */
export async function launchBrowser(...flags) {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error('no Chromium or Chrome found: install one, or name it in CHROME');
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath,
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
  });
}

/** Whether the tests can have a browser; installs Debian's or Ubuntu's where there is none and that is possible. */
export function needBrowser() {
  if (findBrowser()) return true;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = (...args) => {
    const [program, ...rest] = [...sudo, 'apt-get', ...args];
    return (
      spawnSync(program, rest, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
        .status === 0
    );
  };
  if (process.platform === 'linux') {
    say('Installing chromium, for the tests');
    if (apt('update', '-q') && apt('install', '-y', '-q', '--no-install-recommends', 'chromium') && findBrowser())
      return true;
  }
  const message = 'no Chromium or Chrome found: install one, or name it in CHROME';
  if (process.env.CI) fail(message);
  console.warn(`warning: ${message}. Tests in the browser are skipped.`);
  return false;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) needBrowser();
