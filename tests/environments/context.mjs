/** What the script of an environment gets: its project, a static server, and a page. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { launchBrowser } from '../../scripts/browser.mjs';
import { root } from '../../scripts/project.mjs';

const LIMIT = 240_000;
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Opens the environment in `folder`. Call `close` after use. */
export function openContext(folder) {
  const closers = [];
  let browser;

  /** The program of an installed package, or one of this repository's own. */
  const program = (name) =>
    [folder, root].map((from) => join(from, 'node_modules', '.bin', name)).find(existsSync) ?? name;

  // Some programs colour their output in CI, within the addresses that are read from it.
  const environment = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };
  delete environment.NODE_ENV;
  delete environment.FORCE_COLOR;

  return {
    folder,

    /** The environment variables of its programs. */
    environment,

    /** Runs a program in the project and returns its output. */
    async run(name, ...args) {
      try {
        const options = { cwd: folder, env: environment, encoding: 'utf8', timeout: LIMIT, maxBuffer: 1 << 26 };
        return (await promisify(execFile)(program(name), args, options)).stdout;
      } catch (error) {
        throw new Error(`${name} ${args.join(' ')}: ${error.stdout}${error.stderr || error.message}`, { cause: error });
      }
    },

    /** Starts a server of the project and resolves to the address that it prints. */
    start(name, ...args) {
      const child = spawn(program(name), args, { cwd: folder, env: environment, detached: true });
      closers.push(() => {
        // The process group: some servers start others.
        if (child.exitCode === null) process.kill(-child.pid);
      });
      return new Promise((resolve, reject) => {
        let output = '';
        const read = (text) => {
          output += stripVTControlCharacters(text);
          const address = /http:\/\/(localhost|127\.0\.0\.1):\d+\/?/.exec(output);
          if (address) resolve(address[0]);
        };
        for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
        child.on('error', reject);
        setTimeout(() => reject(new Error(`${name} printed no address: ${output}`)), LIMIT).unref();
        child.on('exit', () => reject(new Error(`${name} ended without an address: ${output}`)));
      });
    },

    /** Serves a folder of the project with these headers, and resolves to its address. */
    async serve(path = '.', headers = {}) {
      const server = createServer((request, response) => {
        const { pathname } = new URL(request.url, 'http://localhost');
        const file = join(folder, path, normalize(pathname.endsWith('/') ? `${pathname}index.html` : pathname));
        if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
        const type = TYPES[extname(file)] ?? 'application/octet-stream';
        response.writeHead(200, { 'content-type': type, ...headers }).end(readFileSync(file));
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      closers.push(() => server.close());
      return `http://127.0.0.1:${server.address().port}/`;
    },

    /** Opens a page in Chromium and returns what it stores as `window.result`. */
    async open(address) {
      browser ??= await launchBrowser();
      const page = await browser.newPage();
      const errors = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      page.on('requestfailed', (request) => errors.push(`${request.url()}: ${request.failure()?.errorText}`));
      try {
        await page.goto(address);
        return await (await page.waitForFunction(() => window.result, null, { timeout: 60_000 })).jsonValue();
      } catch (error) {
        throw new Error([error.message, ...errors].join('\n'), { cause: error });
      } finally {
        await page.close();
      }
    },

    async close() {
      await browser?.close();
      for (const close of closers) close();
    },
  };
}
