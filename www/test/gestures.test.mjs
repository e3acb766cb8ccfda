import { expect, test } from '@playwright/test';
import { keyMove, wheelFactor } from '../src/editor/gestures.ts';

const placement = { x: 300, y: 400, width: 240, rotation: 178 };

test('arrow keys move the glasses, in larger steps with Shift', () => {
  const small = keyMove(placement, 'ArrowRight', false, 600);
  const large = keyMove(placement, 'ArrowRight', true, 600);
  expect(small.x).toBeGreaterThan(300);
  expect(large.x).toBeGreaterThan(small.x);
  expect(small.y).toBe(400);
  expect(keyMove(placement, 'ArrowUp', false, 600).y).toBeLessThan(400);
});

test('plus and minus scale, and undo each other', () => {
  const larger = keyMove(placement, '+', false, 600);
  expect(larger.width).toBeGreaterThan(240);
  expect(Math.abs(keyMove(larger, '-', false, 600).width - 240)).toBeLessThan(1e-9);
});

test('brackets turn, and the angle wraps at half a turn', () => {
  expect(keyMove(placement, ']', false, 600).rotation).toBe(179);
  expect(keyMove(placement, '}', true, 600).rotation).toBe(-177);
  expect(keyMove(placement, ',', false, 600).rotation).toBe(177);
});

test('other keys have no function', () => {
  for (const key of ['a', 'Tab', 'Escape', 'PageDown']) expect(keyMove(placement, key, false, 600)).toBe(null);
});

test('the wheel scales up and down symmetrically and within limits', () => {
  expect(Math.abs(wheelFactor(50, 0) * wheelFactor(-50, 0) - 1)).toBeLessThan(1e-12);
  expect(wheelFactor(-50, 0)).toBeGreaterThan(1);
  expect(wheelFactor(1e6, 0)).toBeGreaterThan(0.8);
  expect(wheelFactor(3, 1)).toBe(wheelFactor(48, 0));
});
