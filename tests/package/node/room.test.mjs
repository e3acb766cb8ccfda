/** Fits of furniture of the packed package in Node. */
import { readFileSync } from 'node:fs';
import { apply, countDifferences, failure, furniture, glasses, photo } from '../images.mjs';
import { test as base, expect } from './fixtures.mjs';

const test = base.extend({
  room: async ({ stgan }, use) => {
    const room = await stgan.TryOn.create({ task: 'room' });
    await use(room);
    room.dispose();
  },
});

/** The code with which `work` throws or rejects. */
const refusal = async (work) => (await failure((async () => work())())).replace('StganError ', '');

const placement = { x: 300, y: 330, width: 160 };

test('furniture is fitted from the placement that the user dropped', async ({ room }) => {
  const [back, cabinet] = [photo(), furniture()];
  const { task, stages, updates, size, height } = room.model;
  expect([task, size, height]).toEqual(['room', 80, 60]);
  expect(stages).toBeGreaterThan(0);
  const fit = await room.fit(back, cabinet, { placement });
  expect(fit.updates.length).toBe(updates);
  expect(fit.updates.every(({ homography }) => homography.every(Number.isFinite) && homography[8] === 1)).toBe(true);
  expect(fit.confidence).toBeNull();
  // The box of the visible pixels is (10, 20) to (90, 140).
  const centre = apply(fit.initial, 50, 80);
  const edge = apply(fit.initial, 90, 80);
  for (const [value, expected] of [centre, edge].flat().map((value, i) => [value, [300, 330, 380, 330][i]]))
    expect(Math.abs(value - expected)).toBeLessThan(1e-6);
  for (const update of [0, undefined])
    expect(countDifferences(fit.composite({ update }), back, fit.overlay({ update }))).toBe(0);
  expect(fit.glasses.image.data).toEqual(cabinet.data);
  fit.dispose();
});

test('a fit does not depend on the size of the photo', async ({ room }) => {
  const grey = (scale) => {
    const [width, height] = [640 * scale, 480 * scale];
    return { data: new Uint8ClampedArray(width * height * 4).fill(170), width, height };
  };
  const small = await room.fit(grey(1), furniture(), { placement: { x: 300, y: 240, width: 60 } });
  const large = await room.fit(grey(3), furniture(), { placement: { x: 900, y: 720, width: 180 } });
  for (const [x, y] of [
    [10, 20],
    [90, 20],
    [90, 140],
    [10, 140],
  ]) {
    const [a, b] = [apply(small.homography, x, y), apply(large.homography, x, y)];
    expect(Math.hypot(3 * a[0] - b[0], 3 * a[1] - b[1])).toBeLessThan(0.5);
  }
  small.dispose();
  large.dispose();
});

test('the contact shadow darkens the floor around the foot only', async ({ room }) => {
  const white = { data: new Uint8ClampedArray(640 * 480 * 4).fill(255), width: 640, height: 480 };
  const fit = await room.fit(white, furniture(), { placement, updates: 0 });
  const [without, shaded] = [fit.composite(), fit.composite({ shadow: true })];
  const level = (image, x, y) => image.data[(y * 640 + x) * 4];
  // The foot of the cabinet is at y = 330 + 120.
  expect(level(shaded, 300, 452)).toBeLessThan(200);
  expect(level(without, 300, 452)).toBe(255);
  expect(level(shaded, 300, 200)).toBe(255);
  expect(level(shaded, 300, 479)).toBe(255);
  expect(level(shaded, 300, 330)).toBe(level(without, 300, 330));
  const overlay = fit.overlay({ shadow: true });
  expect(overlay.y + overlay.image.height).toBeGreaterThan(455);
  // Shadow and cabinet are two layers, so that the overlay is rounded twice.
  expect(countDifferences(shaded, white, overlay)).toBeLessThan(10);
  expect(await refusal(() => fit.composite({ shadow: 'yes' }))).toBe('argument');
  fit.dispose();
});

test('methods and images for faces are refused', async ({ room, tryOn }) => {
  const [back, cabinet] = [photo(), furniture()];
  expect(await refusal(() => room.locate(back))).toBe('task');
  expect(await refusal(() => room.glasses(glasses()))).toBe('task');
  expect(await refusal(() => room.track('camera', glasses()))).toBe('task');
  expect(await refusal(() => room.fit(back, cabinet))).toBe('placement');
  const prepared = await tryOn.glasses(glasses());
  expect(await refusal(() => room.fit(back, prepared, { placement }))).toBe('task');
  const fit = await room.fit(back, cabinet, { placement });
  expect(await refusal(() => tryOn.fit(back, fit.glasses, { placement }))).toBe('task');
  const again = await room.fit(back, fit.glasses, { placement });
  expect(again.homography).toEqual(fit.homography);
  for (const object of [fit, again, prepared]) object.dispose();
});

/** An opaque image of a brown cabinet on a ground of one colour, or without one. */
function productPhoto(ground, [left, top, right, bottom] = [10, 8, 30, 22]) {
  const [width, height] = [40, 30];
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    const inside = x >= left && x < right && y >= top && y < bottom;
    data.set(inside ? [120, 80, 50] : ground, 4 * at);
  }
  return { data, width, height };
}

test('the even ground of a product photo is removed', async ({ room }) => {
  const fit = await room.fit(photo(), productPhoto([250, 250, 250]), { placement });
  const { image, bounds } = fit.glasses;
  expect(bounds).toEqual({ x: 10, y: 8, width: 20, height: 14 });
  expect([image.width, image.height]).toEqual([40, 30]);
  const alpha = (x, y) => image.data[4 * (y * 40 + x) + 3];
  expect([alpha(2, 2), alpha(20, 15), alpha(35, 25)]).toEqual([0, 255, 0]);
  fit.dispose();
});

test('images without furniture are refused', async ({ room }) => {
  const empty = { data: new Uint8ClampedArray(40 * 30 * 4).fill(10), width: 40, height: 30 };
  const scene = productPhoto([0, 0, 0]);
  for (let at = 0; at < scene.data.length; at += 4) scene.data[at] = (at * 37) % 251;
  expect(await refusal(() => room.fit(photo(), empty, { placement }))).toBe('empty-furniture');
  expect(await refusal(() => room.fit(photo(), productPhoto([250, 250, 250], [0, 0, 0, 0]), { placement }))).toBe(
    'no-furniture-found',
  );
  expect(await refusal(() => room.fit(photo(), scene, { placement }))).toBe('busy-ground');
});

test('weights are for one task', async ({ stgan, consumer }) => {
  const file = (name) => readFileSync(consumer.path(`weights/${name}.safetensors`));
  expect(await refusal(() => stgan.TryOn.create({ task: 'room', weights: file('glasses') }))).toBe('weights');
  expect(await refusal(() => stgan.TryOn.create({ weights: file('room') }))).toBe('weights');
  expect(await refusal(() => stgan.TryOn.create({ task: 'garden' }))).toBe('argument');
});
