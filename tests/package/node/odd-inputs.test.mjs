/** Odd calls of the packed package in Node. */
import { files } from '../images.mjs';
import { makeOddCalls } from '../odd-inputs.mjs';
import { expect, test } from './fixtures.mjs';

test.use({ process: 'odd-inputs' });

test('odd calls give a result or a StganError, and the next call works', async ({ stgan, consumer }) => {
  const weights = new Uint8Array(consumer.read('weights/glasses.safetensors'));
  const { count, wrong } = await makeOddCalls({ ...stgan, weights, file: files.png });
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(400);
});
