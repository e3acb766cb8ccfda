import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const [{ fileName, formatBytes, significant, signed }, { measureAlpha }] = await load('words.ts', 'pictures.ts');

test('file names come from the photo and the frame', () => {
  assert.equal(fileName('Ada Miller.jpeg', 'Round, gold', 'image/png'), 'ada-miller-round-gold.png');
  assert.equal(fileName('…', '…', 'image/jpeg'), 'photo.jpg');
});

test('sizes are said in the unit that suits them', () => {
  assert.equal(formatBytes(120), '1 kB');
  assert.equal(formatBytes(84_400), '84 kB');
  assert.equal(formatBytes(3_240_000), '3.2 MB');
});

test('numbers are short and have a true minus', () => {
  assert.equal(significant(-0.123456), '−0.12346');
  assert.equal(significant(0), '0');
  assert.equal(significant(-2.86e-5), '−2.86e−5');
  assert.equal(signed(0.5), '+0.5000');
  assert.equal(signed(-0.125), '−0.1250');
  assert.equal(signed(-0.00004), '0.0000');
});

test('the visible part of a frame is what is at least 10 % opaque', () => {
  const [width, height] = [6, 4];
  const data = new Uint8ClampedArray(width * height * 4);
  const alpha = (x, y, value) => (data[(y * width + x) * 4 + 3] = value);
  alpha(0, 0, 25);
  alpha(2, 1, 26);
  alpha(4, 2, 255);
  assert.deepEqual(measureAlpha({ data, width, height }), {
    box: { x: 2, y: 1, width: 3, height: 2 },
    transparent: 22 / 24,
  });
  assert.equal(measureAlpha({ data: new Uint8ClampedArray(16), width: 2, height: 2 }).box, null);
});
