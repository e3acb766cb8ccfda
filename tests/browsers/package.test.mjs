/** The packed package in each browser gives the results that it gives in Node. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serve } from '../../scripts/preview.mjs';
import { project } from '../package/consumer.mjs';
import { apply, glasses, photo, placementOn } from '../package/images.mjs';
import { test as base, expect, until } from './fixtures.mjs';

/** Photos of 1,000 pixels, and the offsets of the placements of five fits. */
const SIZE = [1000, 750];
const OFFSETS = [
  [0, 0],
  [20, -10],
  [-25, 15],
  [10, 30],
  [-15, -20],
];

const test = base.extend({
  /** The installed package, and the address of a page that was built with it. */
  consumer: [
    async ({}, use) => {
      const files = ['index.html', 'main.js', 'worker.js', 'vite.config.js'].map((file) => `vite/${file}`);
      const consumer = project(...files, 'images.mjs', 'odd-inputs.mjs');
      consumer.tool('vite/bin/vite.js', 'build', '--logLevel', 'warn');
      const server = await serve(join(consumer.folder, 'dist'));
      await use({ ...consumer, address: server.url });
      await server.close();
      consumer.remove();
    },
    { scope: 'worker' },
  ],

  /** The homographies of five fits in Node. */
  expected: [
    async ({ consumer }, use) => {
      const { TryOn } = await import(pathToFileURL(consumer.path('dist/index.js')));
      const tryOn = await TryOn.create();
      const image = photo(...SIZE);
      const placement = placementOn(image);
      const homographies = [];
      for (const [x, y] of OFFSETS) {
        const moved = { ...placement, x: placement.x + x, y: placement.y + y };
        const fit = await tryOn.fit(image, glasses(), { placement: moved });
        homographies.push([...fit.homography]);
        fit.dispose();
      }
      tryOn.dispose();
      await use(homographies);
    },
    { scope: 'worker' },
  ],

  /** The page, with a `TryOn`, a photo and functions to compare. */
  page: async ({ driver, consumer }, use) => {
    await driver.open(consumer.address);
    await until(driver, () => window.images !== undefined);
    await driver.evaluate(async (size) => {
      window.tryOn = await window.stgan.TryOn.create();
      window.photo = window.images.photo(...size);
      window.toImageData = ({ data, width, height }) => new ImageData(data, width, height);
    }, SIZE);
    await use(driver);
  },
});

/** The largest distance of a corner of the glasses under two homographies, in pixels. */
function distance(a, b) {
  const corners = [0, 400].flatMap((x) => [0, 160].map((y) => [x, y]));
  const moved = ([x, y]) => Math.hypot(...apply(a, x, y).map((value, i) => value - apply(b, x, y)[i]));
  return Math.max(...corners.map(moved));
}

test('five fits are those of Node', async ({ page, expected }, info) => {
  const { homographies, milliseconds } = await page.evaluate(async (offsets) => {
    const { tryOn, photo, images } = window;
    const placement = images.placementOn(photo);
    const result = { homographies: [], milliseconds: [] };
    for (const [x, y] of offsets) {
      const start = performance.now();
      const fit = await tryOn.fit(photo, images.glasses(), {
        placement: { ...placement, x: placement.x + x, y: placement.y + y },
      });
      result.milliseconds.push(performance.now() - start);
      result.homographies.push([...fit.homography]);
      fit.dispose();
    }
    return result;
  }, OFFSETS);
  const distances = homographies.map((homography, i) => distance(homography, expected[i]));
  expect(Math.max(...distances)).toBeLessThan(1e-3);
  const median = milliseconds.sort((a, b) => a - b)[2];
  info.annotations.push({ type: 'figure', description: `${page.version}: ${median.toFixed(0)} ms a fit` });
  console.log(`${page.version}: at most ${Math.max(...distances).toExponential(1)} px, ${median.toFixed(0)} ms a fit`);
});

test('a photo is the same in every type of image', async ({ page }) => {
  const homographies = await page.evaluate(async () => {
    const { tryOn, photo, images, toImageData } = window;
    const canvas = Object.assign(document.createElement('canvas'), { width: photo.width, height: photo.height });
    canvas.getContext('2d').putImageData(toImageData(photo), 0, 0);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    const element = Object.assign(new Image(), { src: URL.createObjectURL(blob) });
    const types = {
      pixels: photo,
      imageData: toImageData(photo),
      bitmap: await createImageBitmap(toImageData(photo)),
      blob,
      file: new File([blob], 'photo.png'),
      element,
      canvas,
    };
    const result = {};
    for (const [type, image] of Object.entries(types)) {
      const fit = await tryOn.fit(image, images.glasses());
      result[type] = [...fit.homography];
      fit.dispose();
    }
    return result;
  });
  for (const [type, homography] of Object.entries(homographies))
    expect(distance(homography, homographies.pixels), type).toBeLessThan(0.5);
});

test('tracking starts again on a canvas that was transferred to a worker', async ({ page }) => {
  const sizes = await page.evaluate(async () => {
    const { images, photo, toImageData } = window;
    const worker = window.startWorker();
    const next = () => new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
    const canvas = document.createElement('canvas').transferControlToOffscreen();
    const result = [];
    for (let start = 0; start < 3; start++) {
      const ready = next();
      const message = { track: true, glasses: images.glasses(), canvas: start ? null : canvas };
      worker.postMessage(message, start ? [] : [canvas]);
      const answer = await ready;
      if (answer !== 'ready') return answer;
      const frame = await createImageBitmap(toImageData(photo));
      const tracked = next();
      worker.postMessage({ frame }, [frame]);
      result.push(await tracked);
    }
    worker.terminate();
    return result;
  });
  expect(sizes).toEqual(Array(3).fill({ faces: 1, size: SIZE, drawn: SIZE }));
});

test('the stream of a canvas is tracked', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { tryOn, images, photo, toImageData } = window;
    const canvas = Object.assign(document.createElement('canvas'), { width: photo.width, height: photo.height });
    const drawing = canvas.getContext('2d');
    if (!canvas.captureStream) return 'unsupported';
    // A stream has a frame only after the canvas changed.
    const timer = setInterval(() => drawing.putImageData(toImageData(photo), 0, 0), 50);
    const track = await tryOn.track(canvas.captureStream(20), images.glasses());
    try {
      const { width, height } = await track.snapshot();
      return [width, height];
    } finally {
      clearInterval(timer);
      track.stop();
    }
  });
  expect(result).toEqual(SIZE);
});

test('glasses are converted to the colour space of the photo', async ({ page }) => {
  const { space, colour } = await page.evaluate(async () => {
    const { tryOn, images, photo } = window;
    const plate = images.glasses();
    for (let at = 0; at < plate.data.length; at += 4) plate.data.set([255, 0, 0, 255], at);
    const glasses = await tryOn.glasses(plate, { cutOut: 'never' });
    const fit = await tryOn.fit({ ...photo, colorSpace: 'display-p3' }, glasses, {
      placement: images.placementOn(photo),
      updates: 0,
    });
    const { image } = fit.overlay();
    const middle = image.data.subarray(((image.height >> 1) * image.width + (image.width >> 1)) * 4);
    // Some browsers have `ImageData` in sRGB only.
    return { space: image.colorSpace ?? 'srgb', colour: [...middle.subarray(0, 3)] };
  });
  for (const [i, value] of (space === 'srgb' ? [255, 0, 0] : [234, 51, 35]).entries())
    expect(Math.abs(colour[i] - value), String(colour)).toBeLessThan(2);
});
