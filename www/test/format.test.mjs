import { expect, test } from '@playwright/test';
import { fileName, formatBytes, signed, significant } from '../src/format.ts';
import { visibleBox } from '../src/images.ts';

test('file names are built from the names of the photo and the glasses', () => {
  expect(fileName('Ada Miller.jpeg', 'Round, gold', 'image/png')).toBe('ada-miller-round-gold.png');
  expect(fileName('…', '…', 'image/jpeg')).toBe('photo.jpg');
});

test('file sizes have a suitable unit', () => {
  expect(formatBytes(120)).toBe('1 kB');
  expect(formatBytes(84_400)).toBe('84 kB');
  expect(formatBytes(3_240_000)).toBe('3.2 MB');
});

test('numbers are rounded and have a true minus sign', () => {
  expect(significant(-0.123456)).toBe('−0.12346');
  expect(significant(0)).toBe('0');
  expect(significant(-2.86e-5)).toBe('−2.86e−5');
  expect(signed(0.5)).toBe('+0.5000');
  expect(signed(-0.125)).toBe('−0.1250');
  expect(signed(-0.00004)).toBe('0.0000');
});

test('pixels that are at least 10 % opaque are the visible part of the glasses', () => {
  const [width, height] = [6, 4];
  const data = new Uint8ClampedArray(width * height * 4);
  const alpha = (x, y, value) => (data[(y * width + x) * 4 + 3] = value);
  alpha(0, 0, 25);
  alpha(2, 1, 26);
  alpha(4, 2, 255);
  expect(visibleBox({ data, width, height })).toEqual({ x: 2, y: 1, width: 3, height: 2 });
  expect(visibleBox({ data: new Uint8ClampedArray(16), width: 2, height: 2 })).toBe(null);
});
