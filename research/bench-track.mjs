/**
 * A face followed in Chromium at 1280×720, on one thread: pictures a second, and the milliseconds of one by steps; with a
 * camera of 30 pictures a second, how many of them are looked at. The last line is JSON. `node research/bench-track.mjs [PICTURES]`
 */
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findBrowser, launchBrowser, NO_BROWSER } from '../scripts/browser.mjs';
import { serve } from '../scripts/preview.mjs';
import { fail, output, root, run, say } from '../scripts/project.mjs';
import { median, rounded } from './figures.mjs';

const [WIDTH, HEIGHT] = [1280, 720];
const WARM = 20;
const SECONDS = 8;
const clip = join(root, 'target', `clip-${WIDTH}x${HEIGHT}.mjpeg`);

/** Renders the clip that is followed, if that has not been done. */
export function prepareClip() {
  if (existsSync(clip)) return;
  say('Rendering the clip');
  const size = ['--width', String(WIDTH), '--height', String(HEIGHT)];
  run('cargo', ['run', '--release', '--quiet', '--', 'clip', '--motion', 'circle', ...size, '--output', clip]);
}

/** Measures on the pages of `site`, of which track.html is one; prints, and gives the figures back. */
export async function benchTrack(site, pictures = 240) {
  cpSync(clip, join(site, 'clip.mjpeg'));
  const server = await serve(site);
  const browser = await launchBrowser(
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${clip}`,
    '--use-fake-ui-for-media-stream',
  );
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on('pageerror', (error) => fail(error.message));
    await page.goto(`${server.url}track.html`);
    await page.waitForFunction(() => window.bench !== undefined);
    const rounds = await page.evaluate(([count, warm]) => window.bench.throughput(count, warm), [pictures, WARM]);
    const camera = await page.evaluate((seconds) => window.bench.camera(seconds), SECONDS);
    const locate = await page.evaluate(() => window.bench.locate('clip.mjpeg', 40, 5));
    const followed = (all) => all.filter(({ faces }) => faces === 1);
    if (followed(rounds).length < rounds.length)
      fail(`the face was lost on ${rounds.length - followed(rounds).length} of ${rounds.length} pictures`);
    const step = (all, name) => rounded(median(all.map((round) => round[name])), 2);
    const steps = (all) => Object.fromEntries(['read', 'find', 'fit', 'draw'].map((name) => [name, step(all, name)]));
    // Every few pictures a look says whether the face is still there.
    const looks = rounds.filter(({ find }) => find > 0.5);
    const seen = followed(camera);
    const result = {
      size: rounds[0].size,
      updates: median(rounds.map(({ updates }) => updates)),
      fps: rounded(1000 / (rounds.reduce((sum, { all }) => sum + all, 0) / rounds.length), 2),
      ms: step(rounds, 'all'),
      steps_ms: steps(rounds),
      look_ms: looks.length ? step(looks, 'find') : null,
      camera_fps: rounded((1000 * (camera.length - 1)) / (camera.at(-1).at - camera[0].at), 2),
      camera_steps_ms: steps(seen),
      locate_ms: rounded(median(locate), 2),
    };
    const { read, find, fit, draw } = result.steps_ms;
    console.log(`following a face at ${result.size.join('×')}, one thread, ${result.updates} updates a picture`);
    console.log(`  as fast as it goes: ${result.fps} pictures a second, median ${result.ms} ms`);
    console.log(
      `  of these: reading pixels ${read}, looking for the face ${find} (${result.look_ms} on pictures where that is due), fit ${fit}, drawing ${draw} ms`,
    );
    console.log(`  with a camera of 30 pictures a second: ${result.camera_fps} looked at`);
    console.log(`  locate, on one picture: ${result.locate_ms} ms`);
    return result;
  } finally {
    await browser.close();
    await server.close();
  }
}

/** The page alone: what it imports lies in the project. */
function buildPage(site) {
  rmSync(site, { recursive: true, force: true });
  mkdirSync(site, { recursive: true });
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  run(process.execPath, [vite, 'build', '--logLevel', 'error', '--outDir', site, '--emptyOutDir', 'false'], {
    cwd: join(root, 'research', 'web'),
    env: { ...process.env, BENCH_PAGES: 'track.html' },
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (!findBrowser()) fail(NO_BROWSER);
  prepareClip();
  const site = join(root, '.tools', 'bench-track');
  buildPage(site);
  const result = await benchTrack(site, Number(process.argv[2] ?? 240));
  console.log(JSON.stringify({ ...result, commit: output('git', ['rev-parse', '--short', 'HEAD']) }));
}
