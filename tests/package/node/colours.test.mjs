/** Colour spaces of photos and glasses in Node. */
import { failure, glasses, photo, placementOn } from '../images.mjs';
import { expect, test } from './fixtures.mjs';

const placement = placementOn({ width: 640, height: 480 });

/** An opaque plate of one colour, as glasses. */
function plate(colour, colorSpace) {
  const image = { ...glasses(), colorSpace };
  for (let at = 0; at < image.data.length; at += 4) image.data.set([...colour, 255], at);
  return image;
}

/** The colour in the middle of the plate, alone and on the photo. */
async function drawn(tryOn, photoSpace, front) {
  const fit = await tryOn.fit({ ...photo(), colorSpace: photoSpace }, front, { placement, updates: 0 });
  const [composite, { image, x, y }] = [fit.composite(), fit.overlay()];
  const pixel = ({ data, width }, column, row) => [...data.subarray((row * width + column) * 4).subarray(0, 3)];
  const [column, row] = [image.width >> 1, image.height >> 1];
  const result = [pixel(image, column, row), pixel(composite, x + column, y + row)];
  expect([image.colorSpace, composite.colorSpace]).toEqual([photoSpace, photoSpace]);
  fit.dispose();
  return result;
}

const expectColour = (colours, expected) => {
  for (const colour of colours)
    for (const [channel, value] of colour.entries())
      expect(Math.abs(value - expected[channel]), `${colour} is not ${expected}`).toBeLessThanOrEqual(1);
};

test('glasses are converted to the colour space of the photo', async ({ tryOn }) => {
  const open = (...plateOf) => tryOn.glasses(plate(...plateOf), { cutOut: 'never' });
  expectColour(await drawn(tryOn, 'display-p3', await open([255, 0, 0], 'srgb')), [234, 51, 35]);
  expectColour(await drawn(tryOn, 'srgb', await open([234, 51, 35], 'display-p3')), [255, 0, 0]);
  expectColour(await drawn(tryOn, 'srgb', await open([0, 255, 0], 'display-p3')), [0, 255, 0]);
  for (const space of ['srgb', 'display-p3'])
    expectColour(await drawn(tryOn, space, await open([201, 87, 13], space)), [201, 87, 13]);
  expectColour(await drawn(tryOn, 'display-p3', await open([90, 90, 90], 'srgb')), [90, 90, 90]);
});

test('a snapshot of a video frame in another colour space is sRGB', async ({ tryOn }) => {
  const grey = { data: new Uint8ClampedArray(64 * 64 * 4).fill(255), width: 64, height: 64, colorSpace: 'display-p3' };
  for (let at = 0; at < grey.data.length; at += 4) grey.data.set([234, 51, 35], at);
  async function* frames() {
    for (;;) yield grey;
  }
  const track = await tryOn.track(frames(), glasses());
  const { data, colorSpace } = await track.snapshot();
  track.stop();
  expect(colorSpace).toBe('srgb');
  expectColour([[...data.subarray(0, 3)]], [255, 0, 0]);
});

test('an unknown colour space is an error with a code', async ({ tryOn }) => {
  expect(await failure(tryOn.fit({ ...photo(), colorSpace: 'rec2020' }, glasses(), { placement }))).toBe(
    'StganError unsupported-image',
  );
});
