/**
 * Measures the preparation of product photos in Chromium on one thread: milliseconds for a JPEG of
 * 1200×800 pixels on white and for a PNG with alpha, milliseconds of fits with prepared glasses and
 * with remembered images, and the size of the cut-out network. The last line of output is JSON.
 *
 * usage: node research/bench-glasses.mjs [ROUNDS]
 */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { findBrowser, launchBrowser, NO_BROWSER } from '../scripts/browser.mjs';
import { serve } from '../scripts/preview.mjs';
import { fail, output, root } from '../scripts/project.mjs';
import { buildPage } from './build-page.mjs';
import { median, rounded } from './statistics.mjs';

const WARM_UP = 3;
/** Milliseconds, and bytes of the cut-out network, that the package should not exceed. */
const AIMS = { jpeg: 150, png: 40, bytes: 450_000 };

const rounds = Number(process.argv[2] ?? 20);
if (!findBrowser()) fail(NO_BROWSER);
const site = join(root, '.tools', 'bench-glasses');
buildPage(site, 'glasses.html');
cpSync(join(root, 'www', 'public', 'gallery', 'glasses', 'harbour.png'), join(site, 'glasses.png'));
const server = await serve(site);
const browser = await launchBrowser();
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  page.on('pageerror', (error) => fail(error.message));
  await page.goto(`${server.url}glasses.html`);
  await page.waitForFunction(() => window.bench !== undefined);
  const measured = await page.evaluate(
    ([rounds, warmUp]) => window.bench.glasses('glasses.png', rounds, warmUp),
    [rounds, WARM_UP],
  );
  const ms = Object.fromEntries(Object.entries(measured).map(([name, times]) => [name, rounded(median(times), 1)]));
  const weights = readFileSync(join(root, 'pkg', 'weights', 'cutout.safetensors'));
  const bytes = { raw: weights.length, brotli: brotliCompressSync(weights).length };
  console.log(`product photos, one thread, median of ${rounds}`);
  console.log(`  a JPEG of 1200×800 pixels on white: ${ms.jpeg} ms (aim: ${AIMS.jpeg})`);
  console.log(`  a PNG with alpha, 1200 pixels wide: ${ms.png} ms (aim: ${AIMS.png})`);
  console.log(`  a fit with prepared glasses: ${ms.fitPrepared} ms`);
  console.log(`  a fit with remembered glasses, from pixels: ${ms.fitPixels} ms`);
  console.log(`  a fit with remembered glasses, from the JPEG: ${ms.fitJpeg} ms`);
  console.log(`  cutout.safetensors: ${bytes.raw} bytes, ${bytes.brotli} with brotli (aim: ${AIMS.bytes})`);
  console.log(JSON.stringify({ rounds, ms, bytes, commit: output('git', ['rev-parse', '--short', 'HEAD']) }));
} finally {
  await browser.close();
  await server.close();
}
