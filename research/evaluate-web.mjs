/**
 * `make evaluate-web`: whether the package in Chromium places frames as exactly as the program does. The program writes down its fits
 * (`stgan evaluate --fits`); a page makes them again from the same images and placements, and measures the same anchor error.
 * Ends with 1 where the median or the 95th percentile differ by more than 1 %. The last line is JSON.
 */
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBrowser, launchBrowser, NO_BROWSER } from '../scripts/browser.mjs';
import { serve } from '../scripts/preview.mjs';
import { fail, root, run, say } from '../scripts/project.mjs';
import { shared } from './shared.mjs';

/** How far the two may be apart, as a share of the program's. */
const TOLERANCE = 0.01;

const data = join(shared, 'data', 'portraits');
if (!existsSync(data)) {
  console.log(`evaluate-web: skipped, since there is no ${data}`);
  process.exit(0);
}
if (!findBrowser()) fail(NO_BROWSER);
const work = join(root, '.tools', 'evaluate-web');
mkdirSync(work, { recursive: true });

say('Fits by the program');
const program = (...args) => run('cargo', ['run', '--release', '--quiet', '--', ...args]);
program('evaluate', '--data', data, '--split', 'val', '--spread', 'dropped', '--fits', join(work, 'fits.json'));
const { width, fits } = JSON.parse(readFileSync(join(work, 'fits.json'), 'utf8'));
program('gallery', '--width', String(width), '--portrait-width', '0', '--out', work);
cpSync(join(root, 'pkg'), join(work, 'pkg'), { recursive: true });

say('The same fits in Chromium');
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
    const bitmap = async (address) => createImageBitmap(await (await fetch(address)).blob());
    const { glasses, fits } = await (await fetch('/fits.json')).json();
    const tryOn = await TryOn.create();
    const pictures = await Promise.all(glasses.map(({ id }) => bitmap(`/glasses/${id}.png`)));
    const distance = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);
    const apply = (h, [x, y]) => {
      const w = h[6] * x + h[7] * y + h[8];
      return [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w];
    };
    const errors = [];
    let photo = { id: null, picture: null };
    for (const {
      id,
      glasses: index,
      placement: [x, y, width, rotation],
      target,
    } of fits) {
      if (photo.id !== id) photo = { id, picture: await bitmap(`${url}${id}.jpg`) };
      const fit = await tryOn.fit(photo.picture, pictures[index], { placement: { x, y, width, rotation } });
      // Pupils and temples; the other landmarks are for training only.
      const off = glasses[index].landmarks
        .slice(0, 4)
        .map((landmark, i) => distance(apply(fit.homography, landmark), target[i]));
      errors.push(off.reduce((sum, d) => sum + d, 0) / off.length / distance(target[0], target[1]));
      fit.dispose();
    }
    return errors;
  }, images.url);
} finally {
  await browser.close();
  await Promise.all([pages.close(), images.close()]);
}

/** As the program summarises. */
function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.round((sorted.length - 1) * share)];
  return { median: at(0.5), p95: at(0.95) };
}
const sides = { program: summary(fits.map(({ errors: all }) => all.at(-1))), chromium: summary(errors) };
for (const [name, { median, p95 }] of Object.entries(sides))
  console.log(name.padEnd(10), `median ${median.toFixed(5)}  95 % ${p95.toFixed(5)}`);
const apart = Object.fromEntries(
  ['median', 'p95'].map((key) => [key, Math.abs(sides.chromium[key] / sides.program[key] - 1)]),
);
console.log(`${fits.length} fits; apart by ${(100 * apart.median).toFixed(2)} % and ${(100 * apart.p95).toFixed(2)} %`);
console.log(JSON.stringify({ fits: fits.length, ...sides, apart }));
if (!(apart.median <= TOLERANCE && apart.p95 <= TOLERANCE))
  fail('the package places frames less exactly than the program');
