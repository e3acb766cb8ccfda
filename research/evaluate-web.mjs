/**
 * Checks that the package in Chromium fits glasses as accurately as the program. The program writes
 * its fits to a file (`stgan evaluate --fits`); a page repeats them with the same images and
 * placements, and measures the same landmark error. Exits with 1 if the median or the 95th
 * percentile differs by more than 1 %. The last line of output is JSON.
 *
 * usage: node research/evaluate-web.mjs DATA
 *
 * DATA is a folder of labelled portraits (docs/training.md, Data).
 */
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBrowser, launchBrowser, NO_BROWSER } from '../scripts/browser.mjs';
import { serve } from '../scripts/preview.mjs';
import { fail, root, run, say } from '../scripts/project.mjs';

/** The largest relative difference from the program. */
const TOLERANCE = 0.01;

const [data] = process.argv.slice(2);
if (!data) fail('missing DATA, a folder of labelled portraits; run `make evaluate-web DATA=folder`');
if (!existsSync(data)) fail(`the folder ${data} does not exist`);
if (!findBrowser()) fail(NO_BROWSER);
const work = join(root, '.tools', 'evaluate-web');
mkdirSync(work, { recursive: true });

say('Fitting with the program');
const program = (...args) => run('cargo', ['run', '--release', '--quiet', '--', ...args]);
program('evaluate', '--data', data, '--split', 'val', '--spread', 'dropped', '--fits', join(work, 'fits.json'));
const { width, fits } = JSON.parse(readFileSync(join(work, 'fits.json'), 'utf8'));
program('gallery', '--width', String(width), '--portrait-width', '0', '--out', work);
cpSync(join(root, 'pkg'), join(work, 'pkg'), { recursive: true });

say('Repeating the fits in Chromium');
const [pages, images] = [await serve(work), await serve(join(data, 'aligned'))];
const browser = await launchBrowser('--disable-web-security');
let errors;
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  page.on('pageerror', (error) => fail(error.message));
  await page.goto(`${pages.url}pkg/package.json`);
  errors = await page.evaluate(async (url) => {
    const { TryOn } = await import('/pkg/dist/index.js');
    const loadBitmap = async (url) => createImageBitmap(await (await fetch(url)).blob());
    const { glasses, fits } = await (await fetch('/fits.json')).json();
    const tryOn = await TryOn.create();
    const glassesImages = await Promise.all(glasses.map(({ id }) => loadBitmap(`/glasses/${id}.png`)));
    const distance = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);
    const apply = (h, [x, y]) => {
      const w = h[6] * x + h[7] * y + h[8];
      return [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w];
    };
    const errors = [];
    let photo = { id: null, bitmap: null };
    for (const {
      id,
      glasses: index,
      placement: [x, y, width, rotation],
      target,
    } of fits) {
      if (photo.id !== id) photo = { id, bitmap: await loadBitmap(`${url}${id}.jpg`) };
      const fit = await tryOn.fit(photo.bitmap, glassesImages[index], { placement: { x, y, width, rotation } });
      // The error is measured at pupils and temples, the first four landmarks.
      const distances = glasses[index].landmarks
        .slice(0, 4)
        .map((landmark, i) => distance(apply(fit.homography, landmark), target[i]));
      errors.push(distances.reduce((sum, d) => sum + d, 0) / distances.length / distance(target[0], target[1]));
      fit.dispose();
    }
    return errors;
  }, images.url);
} finally {
  await browser.close();
  await Promise.all([pages.close(), images.close()]);
}

/** The median and the 95th percentile, computed as in the program. */
function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.round((sorted.length - 1) * share)];
  return { median: at(0.5), p95: at(0.95) };
}
const results = { program: summary(fits.map(({ errors: all }) => all.at(-1))), chromium: summary(errors) };
for (const [name, { median, p95 }] of Object.entries(results))
  console.log(name.padEnd(10), `median ${median.toFixed(5)}  95 % ${p95.toFixed(5)}`);
const difference = Object.fromEntries(
  ['median', 'p95'].map((key) => [key, Math.abs(results.chromium[key] / results.program[key] - 1)]),
);
console.log(
  `${fits.length} fits; relative difference ${(100 * difference.median).toFixed(2)} % (median) and ${(100 * difference.p95).toFixed(2)} % (95th percentile)`,
);
console.log(JSON.stringify({ fits: fits.length, ...results, difference }));
if (!(difference.median <= TOLERANCE && difference.p95 <= TOLERANCE))
  fail(`the package and the program differ by more than ${100 * TOLERANCE} %`);
