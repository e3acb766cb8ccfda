/** Lints the library for wasm32 and runs tests/wasm.rs in Node and in Chromium. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findBrowser, launchBrowser } from './browser.mjs';
import { ensureWasmTarget, fail, output, root, run, say } from './project.mjs';

const BUILD = ['--profile', 'wasm', '--target', 'wasm32-unknown-unknown'];
const TIMEOUT_SECONDS = 120;

ensureWasmTarget();

say('Linting for wasm32');
const lint = (...what) => run('cargo', ['clippy', ...BUILD, ...what, '--', '-D', 'warnings']);
lint('--package', 'stgan', '--lib', '--test', 'wasm');
lint('--package', 'stgan-wasm', '--package', 'stgan-decoder', '--lib');

say('Building the wasm test runner (one to two minutes the first time)');
const tools = ['--profile', 'tools', '--package', 'stgan-bindgen', '--features', 'test-runner'];
run('cargo', ['build', ...tools, '--bin', 'wasm-test-runner']);
const suffix = process.platform === 'win32' ? '.exe' : '';
const { target_directory: target } = JSON.parse(output('cargo', ['metadata', '--format-version=1', '--no-deps']));
const runner = join(target, 'tools', `wasm-test-runner${suffix}`);

say('Building the tests for wasm32');
// The package alone, not the default members: candle is then built once for the tests and for
// `make pkg`.
const test = ['test', ...BUILD, '--package', 'stgan', '--test', 'wasm', '--no-run'];
run('cargo', test);
const messages = output('cargo', [...test, '--quiet', '--message-format=json']);
const { executable } = messages
  .split('\n')
  .map((line) => JSON.parse(line))
  .find(({ target, executable }) => target?.name === 'wasm' && executable);

say('Running the tests in Node');
run(runner, [executable]);

if (findBrowser() || process.env.CI) await testInBrowser();
else console.warn('warning: no Chromium or Chrome found; the tests in Chromium are skipped');

/**
 * Opens the page that the test runner serves in the browser of the other tests. Unlike the runner's
 * own WebDriver mode, this needs no driver of the browser's version.
 */
async function testInBrowser() {
  say('Running the tests in Chromium');
  const env = {
    ...process.env,
    WASM_BINDGEN_USE_BROWSER: '1',
    NO_HEADLESS: '1',
    WASM_BINDGEN_TEST_ADDRESS: '127.0.0.1:0',
  };
  const server = spawn(runner, [executable], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let browser, report;
  try {
    let url;
    for await (const line of createInterface({ input: server.stdout })) {
      url = line.match(/http:\/\/[\d.:]+/)?.[0];
      if (url) break;
    }
    if (!url) throw new Error('the test runner printed no URL');
    browser = await launchBrowser();
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(error.message));
    await page.goto(url);
    const text = () => document.querySelector('#output').textContent;
    await page.waitForFunction(() => /test result: /.test(document.querySelector('#output').textContent), null, {
      timeout: TIMEOUT_SECONDS * 1000,
    });
    report = await page.evaluate(text);
  } catch (error) {
    report = error.message;
  } finally {
    await browser?.close();
    server.kill();
  }
  console.log(report);
  if (!report.includes('test result: ok')) fail('wasm tests failed in Chromium');
}
