/**
 * Measures tracking in Chromium at 1280×720 on one thread: frames per second and milliseconds per
 * part of the work, and the frames per second that are processed with a camera of 30 frames per
 * second. The last line of output is JSON.
 *
 * usage: node research/bench-track.mjs [FRAMES]
 */
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findBrowser, launchBrowser, NO_BROWSER } from '../scripts/browser.mjs';
import { serve } from '../scripts/preview.mjs';
import { fail, output, root, run, say } from '../scripts/project.mjs';
import { buildPage } from './build-page.mjs';
import { median, rounded } from './statistics.mjs';

const [WIDTH, HEIGHT] = [1280, 720];
const WARM_UP = 20;
const CAMERA_SECONDS = 8;
/** Detection takes longer than this, in milliseconds, in the frames that run it. */
const MIN_DETECT_MS = 0.5;
const clip = join(root, 'target', `clip-${WIDTH}x${HEIGHT}.mjpeg`);

/** Renders the clip of the camera if it is missing. */
export function prepareClip() {
  if (existsSync(clip)) return;
  say('Rendering the clip');
  const size = ['--width', String(WIDTH), '--height', String(HEIGHT)];
  run('cargo', ['run', '--release', '--quiet', '--', 'clip', '--motion', 'circle', ...size, '--output', clip]);
}

/** Measures with the page track.html in the folder `site`. Prints and returns the results. */
export async function benchTrack(site, frames = 240) {
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
    const measured = await page.evaluate(
      ([count, warmUp]) => window.bench.throughput(count, warmUp),
      [frames, WARM_UP],
    );
    const camera = await page.evaluate((seconds) => window.bench.camera(seconds), CAMERA_SECONDS);
    const locate = await page.evaluate(() => window.bench.locate('clip.mjpeg', 40, 5));
    const withFace = (all) => all.filter(({ faces }) => faces === 1);
    const lost = measured.length - withFace(measured).length;
    if (lost > 0) fail(`the face was lost in ${lost} of ${measured.length} video frames`);
    const medianOf = (all, name) => rounded(median(all.map((frame) => frame[name])), 2);
    const parts = (all) =>
      Object.fromEntries(['read', 'detect', 'fit', 'draw'].map((name) => [name, medianOf(all, name)]));
    const detections = measured.filter(({ detect }) => detect > MIN_DETECT_MS);
    const tracked = withFace(camera);
    const result = {
      size: measured[0].size,
      updates: median(measured.map(({ updates }) => updates)),
      fps: rounded(1000 / (measured.reduce((sum, { total }) => sum + total, 0) / measured.length), 2),
      ms: medianOf(measured, 'total'),
      parts_ms: parts(measured),
      detection_ms: detections.length ? medianOf(detections, 'detect') : null,
      camera_fps: rounded((1000 * (camera.length - 1)) / (camera.at(-1).at - camera[0].at), 2),
      camera_parts_ms: parts(tracked),
      locate_ms: rounded(median(locate), 2),
    };
    const { read, detect, fit, draw } = result.parts_ms;
    console.log(`tracking one face at ${result.size.join('×')}, one thread, ${result.updates} updates per video frame`);
    console.log(`  without a frame rate: ${result.fps} frames per second, median ${result.ms} ms per frame`);
    console.log(`  parts: read ${read} ms, detect ${detect} ms, fit ${fit} ms, draw ${draw} ms`);
    console.log(`  detect, frames that run a detection: ${result.detection_ms} ms`);
    console.log(`  with a camera of 30 frames per second: ${result.camera_fps} frames per second`);
    console.log(`  locate, one image: ${result.locate_ms} ms`);
    return result;
  } finally {
    await browser.close();
    await server.close();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (!findBrowser()) fail(NO_BROWSER);
  prepareClip();
  const site = join(root, '.tools', 'bench-track');
  buildPage(site, 'track.html');
  const result = await benchTrack(site, Number(process.argv[2] ?? 240));
  console.log(JSON.stringify({ ...result, commit: output('git', ['rev-parse', '--short', 'HEAD']) }));
}
