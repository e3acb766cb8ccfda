import assert from 'node:assert/strict';
import test, { after, afterEach, before, beforeEach } from 'node:test';
import { fitted, gallery, start, state } from './site.mjs';

let demo;
let page;
before(async () => (demo = await start()));
after(() => demo?.close());
beforeEach(async () => {
  page = await demo.open();
  await fitted(page);
});
afterEach(async () => {
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('the slider goes through the steps, from as placed to the last update', async () => {
  const { steps } = await state(page);
  const seen = new Set();
  const slider = page.locator('#steps');
  for (let step = steps; step >= 0; step--) {
    await slider.fill(String(step));
    await page.waitForSelector(`main[data-step="${step}"][data-exact="true"]`);
    seen.add(JSON.stringify((await state(page)).homography));
    const words = await slider.getAttribute('aria-valuetext');
    assert.match(words, step === 0 ? /as placed/i : new RegExp(`update ${step} of ${steps}`, 'i'));
  }
  assert.equal(seen.size, steps + 1);
});

test('before and after', async () => {
  const button = page.locator('#bare');
  const opacity = () => page.locator('.layers').evaluate((layers) => getComputedStyle(layers).opacity);
  await button.press('Enter');
  assert.equal(await button.getAttribute('aria-pressed'), 'true');
  await page.waitForFunction(() => getComputedStyle(document.querySelector('.layers')).opacity === '0');
  await button.press('Enter');
  assert.equal(await button.getAttribute('aria-pressed'), 'false');
  await page.waitForFunction(() => getComputedStyle(document.querySelector('.layers')).opacity === '1');
  assert.equal(await opacity(), '1');
});

test('another frame from the catalogue is fitted at once', async () => {
  const { frames } = await gallery(page);
  await page.click(`#frames button[data-id="${frames[3].id}"]`);
  await page.waitForSelector(`main[data-frame="${frames[3].id}"][data-state="fitted"][data-exact="true"]`);
  assert.equal(await page.locator('#frames [aria-pressed="true"]').getAttribute('data-id'), frames[3].id);
});

test('another portrait waits for the frame to be placed', async () => {
  const { portraits } = await gallery(page);
  await page.click(`#photos button[data-id="${portraits[1].id}"]`);
  await page.waitForSelector(`main[data-photo="${portraits[1].id}"][data-state="placed"]`);
  assert.equal((await state(page)).steps, 0);
});

test('all frames on this face, to choose from', async () => {
  const { frames } = await gallery(page);
  await page.click('#all-frames');
  await page.waitForSelector('#all-dialog[data-done="true"]');
  const cards = page.locator('#all-grid button');
  assert.equal(await cards.count(), frames.length);
  assert.equal(await page.locator('#all-grid button[data-ready]').count(), frames.length);
  const last = frames.at(-1);
  await page.getByRole('dialog').getByRole('button', { name: last.name }).click();
  await page.waitForSelector(`main[data-frame="${last.id}"][data-state="fitted"][data-exact="true"]`);
  assert.equal(await page.locator('#all-dialog').evaluate(({ open }) => open), false);
  // Opened again it is there at once; Escape closes it.
  await page.click('#all-frames');
  await page.waitForSelector('#all-dialog[data-done="true"]');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#all-dialog').evaluate(({ open }) => open), false);
});

test('the details show each update’s numbers, the homography and the times', async () => {
  await page.click('.curious summary');
  const { steps, homography } = await state(page);
  assert.equal(await page.locator('#updates tbody tr').count(), 8);
  assert.equal(await page.locator('#updates tbody tr:first-child td').count(), 2 * steps);
  const numbers = await page.locator('#matrix span').allTextContents();
  assert.equal(numbers.length, 9);
  assert.ok(Math.abs(Number(numbers[2].replace('−', '-')) - homography[2]) < 1e-3 * Math.abs(homography[2]) + 1e-3);
  const figures = await page.locator('#times dd').allTextContents();
  const sure = figures.pop();
  assert.ok(figures.length >= 4 && figures.every((time) => / ms$/.test(time)), figures.join());
  assert.match(sure, /^\d+ %$/);
});
