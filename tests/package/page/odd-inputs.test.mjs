/** Odd calls of the packed package in a page. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { root } from '../../../scripts/project.mjs';
import { files } from '../images.mjs';
import { expect, test } from './fixtures.mjs';

const weights = readFileSync(join(root, 'weights', 'glasses.safetensors')).toString('base64');

for (const [name, calls] of [
  ['in any environment', 'oddCalls'],
  ['with objects of a page', 'oddCallsInPage'],
]) {
  test(`odd calls ${name} give a result or a StganError, and the next call works`, async ({ page }) => {
    // A server without CORS headers on another port is another origin.
    const headers = { 'content-type': 'image/png', 'cross-origin-resource-policy': 'cross-origin' };
    const server = createServer((_, response) => response.writeHead(200, headers).end(files.png));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const input = { weights, calls, foreign: `http://127.0.0.1:${server.address().port}/image.png` };
    const { count, wrong } = await page.evaluate(async (input) => {
      const weights = Uint8Array.from(atob(input.weights), (character) => character.charCodeAt(0));
      const environment = { ...window.stgan, ...input, weights, file: window.images.files.png };
      return window.oddInputs.makeOddCalls(environment, window.oddInputs[input.calls](environment));
    }, input);
    server.close();
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(20);
  });
}
