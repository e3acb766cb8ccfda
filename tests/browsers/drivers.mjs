/**
 * Drives Chromium, Firefox and WebKitGTK in the same way.
 *
 * Firefox speaks WebDriver BiDi, and may be of any recent version. WebKitGTK speaks WebDriver
 * through Debian's package `webkit2gtk-driver`, and needs a display, which Xvfb provides.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import puppeteer from 'puppeteer-core';
import { Builder } from 'selenium-webdriver';
import { findBrowser, launchBrowser } from '../../scripts/browser.mjs';
import { camera } from '../fixtures.mjs';

export const ENGINES = ['chromium', 'firefox', 'webkit'];

const SCRIPT_TIMEOUT = 120_000;

/** The path of the first of these programs that is installed, or undefined. */
function findProgram(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The programs of WebKitGTK, or null if one is missing. */
function findWebKit() {
  const [driver, display] = [findProgram('WebKitWebDriver'), findProgram('Xvfb')];
  const folder = '/usr/lib';
  const parts = existsSync(folder) ? readdirSync(folder).filter((name) => name.includes('linux-gnu')) : [];
  const browser = parts
    .flatMap((part) => ['4.1', '6.0'].map((version) => join(folder, part, `webkit2gtk-${version}`, 'MiniBrowser')))
    .find(existsSync);
  return driver && display && browser ? { driver, display, browser } : null;
}

/** Why an engine cannot be tested on this machine, with the remedy; null if it can. */
export function missing(engine) {
  if (engine === 'chromium') return findBrowser() ? null : 'there is no Chromium; install the package chromium';
  if (engine === 'firefox')
    return findProgram('firefox-esr', 'firefox') ? null : 'there is no Firefox; install the package firefox-esr';
  return findWebKit() ? null : 'there is no WebKitGTK; install the packages webkit2gtk-driver and xvfb';
}

/** Starts a browser with a window of this size. Its camera needs no permission. */
export function launch(engine, size) {
  return { chromium: launchChromium, firefox: launchFirefox, webkit: launchWebKit }[engine](size);
}

async function launchChromium(viewport) {
  const browser = await launchBrowser(...camera);
  const context = await browser.newContext({ viewport, permissions: ['camera'] });
  const page = await context.newPage();
  return {
    version: `Chromium ${browser.version()}`,
    open: (url) => page.goto(url),
    evaluate: (work, argument) => page.evaluate(work, argument),
    screenshot: (path) => page.screenshot({ path }),
    close: () => browser.close(),
  };
}

async function launchFirefox(viewport) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: findProgram('firefox-esr', 'firefox'),
    protocolTimeout: SCRIPT_TIMEOUT,
    extraPrefsFirefox: { 'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true },
  });
  const page = await browser.newPage();
  await page.setViewport(viewport);
  return {
    version: (await browser.version()).replace('firefox/', 'Firefox '),
    open: (url) => page.goto(url),
    evaluate: (work, argument) => page.evaluate(work, argument ?? null),
    screenshot: (path) => page.screenshot({ path }),
    close: () => browser.close(),
  };
}

async function launchWebKit({ width, height }) {
  const programs = findWebKit();
  const children = [];
  /** Starts a program and resolves to the first line of its output that `pattern` matches. */
  const start = async (program, args, pattern, env = {}) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout })) if (pattern.test(line)) return line;
    throw new Error(`${program} did not start`);
  };
  const end = () => {
    for (const child of children.reverse()) child.kill();
  };
  try {
    const number = await start(programs.display, ['-displayfd', '1', '-screen', '0', '1400x1000x24'], /^\d+$/);
    const DISPLAY = `:${number}`;
    const port = 20_000 + (process.pid % 20_000);
    const server = spawn(programs.driver, [`--port=${port}`], { env: { ...process.env, DISPLAY }, stdio: 'ignore' });
    children.push(server);
    const session = await connect(`http://127.0.0.1:${port}`, programs.browser);
    await session.manage().setTimeouts({ script: SCRIPT_TIMEOUT, pageLoad: SCRIPT_TIMEOUT });
    await fitWindow(session, width, height);
    const version = (await session.getCapabilities()).get('browserVersion');
    return {
      version: `WebKitGTK ${version}`,
      open: (url) => session.get(url),
      evaluate: (work, argument) => evaluate(session, work, argument),
      screenshot: async (path) => writeFileSync(path, await session.takeScreenshot(), 'base64'),
      close: () => session.quit().finally(end),
    };
  } catch (error) {
    end();
    throw error;
  }
}

/** Connects to the driver as soon as it listens. */
async function connect(server, binary) {
  const capabilities = { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary, args: ['--automation'] } };
  for (let attempt = 1; ; attempt++) {
    const isReady = await fetch(`${server}/status`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady || attempt === 100) return new Builder().usingServer(server).withCapabilities(capabilities).build();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Resizes the window so that the page in it has this size. */
async function fitWindow(session, width, height) {
  const size = () => session.executeScript('return [innerWidth, innerHeight]');
  const { width: outerWidth, height: outerHeight } = await session.manage().window().getRect();
  const [innerWidth, innerHeight] = await size();
  await session
    .manage()
    .window()
    .setRect({ x: 0, y: 0, width: outerWidth + width - innerWidth, height: outerHeight + height - innerHeight });
}

/** Runs an asynchronous function in the page; its argument and result are plain values. */
async function evaluate(session, work, argument) {
  const script = `const [argument, done] = arguments;
    (async () => (${work})(argument))().then(
      (value) => done({ value }),
      (error) => done({ error: \`\${error.name}: \${error.message}\` }),
    );`;
  const { value, error } = await session.executeAsyncScript(script, argument ?? null);
  if (error) throw new Error(error);
  return value;
}
