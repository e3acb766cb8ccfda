import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const [{ keyMove, wheelFactor }] = await load('gestures.ts');
const placement = { x: 300, y: 400, width: 240, rotation: 178 };

test('arrows move, further with Shift', () => {
  const small = keyMove(placement, 'ArrowRight', false, 600);
  const large = keyMove(placement, 'ArrowRight', true, 600);
  assert.ok(small.x > 300 && large.x > small.x);
  assert.equal(small.y, 400);
  assert.ok(keyMove(placement, 'ArrowUp', false, 600).y < 400);
});

test('plus and minus scale, there and back', () => {
  const larger = keyMove(placement, '+', false, 600);
  assert.ok(larger.width > 240);
  assert.ok(Math.abs(keyMove(larger, '-', false, 600).width - 240) < 1e-9);
});

test('brackets turn, over the half turn too', () => {
  assert.equal(keyMove(placement, ']', false, 600).rotation, 179);
  assert.equal(keyMove(placement, '}', true, 600).rotation, -177);
  assert.equal(keyMove(placement, ',', false, 600).rotation, 177);
});

test('other keys are not taken', () => {
  for (const key of ['a', 'Tab', 'Escape', 'PageDown']) assert.equal(keyMove(placement, key, false, 600), null);
});

test('the wheel scales up and down alike, and never wildly', () => {
  assert.ok(Math.abs(wheelFactor(50, 0) * wheelFactor(-50, 0) - 1) < 1e-12);
  assert.ok(wheelFactor(-50, 0) > 1);
  assert.ok(wheelFactor(1e6, 0) > 0.8);
  assert.equal(wheelFactor(3, 1), wheelFactor(48, 0));
});
