/** Fits of the packed package in Node. */
import { apply, countDifferences, failure, files, glasses, photo, placementOn } from '../images.mjs';
import { expect, test } from './fixtures.mjs';

const placement = placementOn({ width: 640, height: 480 });

const same = (a, b) => Buffer.from(a.data.buffer).equals(Buffer.from(b.data.buffer));

test('fit accepts pixels and returns homographies and images', async ({ tryOn }) => {
  const [back, front] = [photo(), glasses()];
  const original = back.data.slice();
  const fit = await tryOn.fit(back, front, { placement });
  expect(fit.updates.length).toBe(tryOn.model.updates);
  for (const { delta, params, homography } of fit.updates) {
    expect([delta.length, params.length, homography.length]).toEqual([8, 8, 9]);
    expect([...delta, ...params, ...homography].every(Number.isFinite)).toBe(true);
    expect(homography[8]).toBe(1);
  }
  expect(fit.homography).toEqual(fit.updates.at(-1).homography);
  // The initial homography maps the alpha bounding box (10 to 390, 10 to 150) to the placement.
  const expectNear = (a, b) => expect(Math.hypot(a[0] - b[0], a[1] - b[1]), `${a} is not ${b}`).toBeLessThan(1e-6);
  const angle = (placement.rotation * Math.PI) / 180;
  expectNear(apply(fit.initial, 200, 80), [placement.x, placement.y]);
  expectNear(apply(fit.initial, 390, 80), [
    placement.x + (placement.width / 2) * Math.cos(angle),
    placement.y + (placement.width / 2) * Math.sin(angle),
  ]);

  for (const update of [0, undefined]) {
    const [composite, overlay] = [fit.composite({ update }), fit.overlay({ update })];
    expect([composite.width, composite.height, composite.colorSpace]).toEqual([640, 480, 'srgb']);
    expect(composite.data instanceof Uint8ClampedArray).toBe(true);
    expect(countDifferences(composite, back, overlay)).toBe(0);
  }
  const { width, height } = fit.overlay({ update: 0 }).image;
  expect(width, `${width}×${height}`).toBeGreaterThan(192);
  expect(width, `${width}×${height}`).toBeLessThan(220);
  expect(height, `${width}×${height}`).toBeGreaterThan(70);
  expect(height, `${width}×${height}`).toBeLessThan(120);
  expect(same(back, { data: original }), 'the photo is unchanged').toBe(true);
  fit.dispose();
});

test('fit decodes image files and applies their orientation', async ({ tryOn }) => {
  const front = glasses();
  const placement = { x: 12, y: 8, width: 14 };
  for (const [format, size] of [
    ['jpeg', [16, 24]],
    ['png', [24, 16]],
    ['webp', [24, 16]],
  ]) {
    for (const source of [
      files[format],
      files[format].slice().buffer,
      Buffer.from(files[format]),
      new Blob([files[format]]),
    ]) {
      const fit = await tryOn.fit(source, front, { placement, updates: 0 });
      const { data, width, height } = fit.composite();
      expect([width, height], format).toEqual(size);
      // The left side, which is red, includes the top-left pixel after the rotation.
      expect(data[0], format).toBeGreaterThan(240);
      expect(data[2], format).toBeLessThan(15);
      fit.dispose();
    }
  }
  const fit = await tryOn.fit(photo(), files.png, { placement: placementOn({ width: 640, height: 480 }) });
  expect(fit.overlay({ update: 0 }).image.data.some((value) => value > 0)).toBe(true);
  fit.dispose();
});

test('a fit without updates keeps the initial homography', async ({ tryOn }) => {
  const fit = await tryOn.fit(photo(), glasses(), { placement, updates: 0 });
  expect(fit.updates.length).toBe(0);
  expect(fit.homography).toEqual(fit.initial);
  expect(await failure(Promise.resolve().then(() => fit.composite({ update: 1 })))).toBe('StganError update');
  fit.dispose();
});

test('glasses outside the photo give no overlay and an unchanged composite', async ({ tryOn }) => {
  const back = photo();
  const fit = await tryOn.fit(back, glasses(), { placement: { x: -150, y: 200, width: 192 }, updates: 0 });
  expect(fit.overlay()).toBe(null);
  expect(same(fit.composite(), back)).toBe(true);
  fit.dispose();
});

test('invalid arguments of fit are errors with a code', async ({ tryOn }) => {
  const [back, front] = [photo(), glasses()];
  const noFace = { ...back, data: new Uint8Array(back.data.length).fill(150) };
  const code = (...args) => failure(tryOn.fit(...args));
  const cases = [
    ['no-face', noFace, front, undefined],
    ['no-face', noFace, front, {}],
    ['placement', back, front, { placement: { x: 1, y: 2 } }],
    ['placement', back, front, { placement: { ...placement, x: '320' } }],
    ['placement', back, front, { placement: { ...placement, y: NaN } }],
    ['placement', back, front, { placement: { ...placement, rotation: Infinity } }],
    ['placement', back, front, { placement: { ...placement, width: 0 } }],
    ['placement', back, front, { placement: { ...placement, x: 50_000 } }],
    ['argument', back, front, { placement, updates: 1.5 }],
    ['argument', back, front, { placement, updates: -1 }],
    ['argument', back, front, { placement, updates: 1e6 }],
    ['argument', back, front, { placement, updates: 'all' }],
    ['unsupported-image', undefined, front, { placement }],
    ['unsupported-image', 'photo.jpg', front, { placement }],
    ['unsupported-image', back, {}, { placement }],
    ['unsupported-image', back, back.data, { placement }],
    ['unsupported-image', { ...back, data: [...back.data] }, front, { placement }],
    ['image-size', { ...back, width: 641 }, front, { placement }],
    ['image-size', back, { ...front, height: 0 }, { placement }],
    ['image-size', { ...back, width: 0.5 }, front, { placement }],
    ['image-too-large', { ...back, width: 8001, height: 8000 }, front, { placement }],
    ['empty-glasses', back, { data: new Uint8Array(400), width: 10, height: 10 }, { placement }],
    ['decode', new Uint8Array(100), front, { placement }],
    ['decode', new Uint8Array(0), front, { placement }],
    ['decode', files.jpeg.subarray(0, 600), front, { placement }],
    ['decode', back, files.png.subarray(0, 100), { placement }],
  ];
  for (const [expected, ...args] of cases) {
    expect(await code(...args), JSON.stringify(args[2] ?? expected)).toBe(`StganError ${expected}`);
  }
  const fit = await tryOn.fit(back, front, { placement });
  for (const update of [-1, 0.5, fit.updates.length + 1, NaN, '1']) {
    expect(() => fit.composite({ update })).toThrow(expect.objectContaining({ name: 'StganError', code: 'update' }));
    expect(() => fit.overlay({ update })).toThrow(expect.objectContaining({ name: 'StganError', code: 'update' }));
  }
  fit.dispose();
});

test('dispose may be called twice, and later use is an error', async ({ stgan }) => {
  const tryOn = await stgan.TryOn.create();
  const fit = await tryOn.fit(photo(), glasses(), { placement });
  tryOn.dispose();
  tryOn[Symbol.dispose]();
  expect(await failure(tryOn.fit(photo(), glasses(), { placement }))).toBe('StganError disposed');
  expect(fit.composite().width).toBe(640);
  fit[Symbol.dispose]();
  fit.dispose();
  expect(() => fit.composite()).toThrow(expect.objectContaining({ name: 'StganError', code: 'disposed' }));
  expect(() => fit.overlay()).toThrow(expect.objectContaining({ name: 'StganError', code: 'disposed' }));
  expect(fit.homography.length).toBe(9);
});
