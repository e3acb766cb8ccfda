/**
 * Measures the built demo with Lighthouse, which is downloaded into .tools/, as a phone and as a
 * desktop. Prints the median scores, and the audits that cost points. Fails below 95.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findBrowser, NO_BROWSER } from '../scripts/browser.mjs';
import { serve } from '../scripts/preview.mjs';
import { fail, root, run } from '../scripts/project.mjs';
import { median } from './statistics.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const MIN_SCORE = 95;
const CATEGORIES = ['performance', 'accessibility'];
/** The last version for Node 20. */
const VERSION = '12.8.2';

const browser = findBrowser() ?? fail(NO_BROWSER);
const folder = join(root, '.tools', 'lighthouse');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: { lighthouse: VERSION } }));
run('npm', ['install', '--no-audit', '--no-fund', '--loglevel', 'error'], { cwd: folder });

/** Lighthouse's report. The server runs in this process, so waiting for it must not block. */
async function measure(url, form) {
  const file = join(folder, 'report.json');
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
  const args = [
    url,
    '--quiet',
    '--output=json',
    `--output-path=${file}`,
    `--only-categories=${CATEGORIES}`,
    `--chrome-flags=${flags.join(' ')}`,
    ...(form === 'desktop' ? ['--preset=desktop'] : []),
  ];
  const program = join(folder, 'node_modules', 'lighthouse', 'cli', 'index.js');
  await promisify(execFile)(process.execPath, [program, ...args], { env: { ...process.env, CHROME_PATH: browser } });
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The audits of a category that are not passed, with their values. */
const findings = ({ audits, categories }) =>
  CATEGORIES.flatMap((name) => categories[name].auditRefs)
    .filter(({ id, weight }) => weight > 0 && audits[id].score !== null && audits[id].score < 0.9)
    .map(({ id }) => `${id} ${audits[id].displayValue ?? ''}`.trim());

const server = await serve(process.env.STGAN_SITE ?? join(root, 'site'));
const result = { rounds: ROUNDS };
for (const form of ['phone', 'desktop']) {
  const reports = [];
  for (let round = 0; round < ROUNDS; round++) reports.push(await measure(server.url, form));
  for (const category of CATEGORIES) {
    const scores = reports.map(({ categories }) => 100 * categories[category].score);
    result[`${form}_${category}`] = Math.round(median(scores));
    console.log(`${form}, ${category}: median ${Math.round(median(scores))} of ${scores.map(Math.round).join(', ')}`);
  }
  for (const finding of new Set(reports.flatMap(findings))) console.log(`  ${finding}`);
}
await server.close();
console.log(JSON.stringify(result));
const low = Object.entries(result).filter(([key, value]) => key !== 'rounds' && value < MIN_SCORE);
if (low.length) fail(`below ${MIN_SCORE}: ${low.map(([key]) => key).join(', ')}`);
