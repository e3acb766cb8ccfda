import { expect, test } from './fixtures.mjs';
import { gallery, state } from './site.mjs';

test('the slider goes through the steps, from as placed to the last update', async ({ demo }) => {
  const { steps } = await state(demo);
  const seen = new Set();
  const slider = demo.locator('#steps');
  for (let step = steps; step >= 0; step--) {
    await slider.fill(String(step));
    await demo.waitForSelector(`main[data-update="${step}"][data-exact="true"]`);
    seen.add(JSON.stringify((await state(demo)).homography));
    const words = await slider.getAttribute('aria-valuetext');
    expect(words).toMatch(step === 0 ? /as placed/i : new RegExp(`update ${step} of ${steps}`, 'i'));
  }
  expect(seen.size).toBe(steps + 1);
});

test('before and after', async ({ demo }) => {
  const button = demo.locator('#bare');
  const layers = demo.locator('.layers');
  await button.press('Enter');
  expect(await button.getAttribute('aria-pressed')).toBe('true');
  await expect(layers).toHaveCSS('opacity', '0');
  await button.press('Enter');
  expect(await button.getAttribute('aria-pressed')).toBe('false');
  await expect(layers).toHaveCSS('opacity', '1');
});

test('another frame from the catalogue is fitted at once', async ({ demo }) => {
  const { frames } = await gallery(demo);
  await demo.click(`#frames button[data-id="${frames[3].id}"]`);
  await demo.waitForSelector(`main[data-glasses="${frames[3].id}"][data-state="fitted"][data-exact="true"]`);
  expect(await demo.locator('#frames [aria-pressed="true"]').getAttribute('data-id')).toBe(frames[3].id);
});

test('another portrait waits for the frame to be placed', async ({ demo }) => {
  const { portraits } = await gallery(demo);
  await demo.click(`#photos button[data-id="${portraits[1].id}"]`);
  await demo.waitForSelector(`main[data-photo="${portraits[1].id}"][data-state="placed"]`);
  expect((await state(demo)).steps).toBe(0);
});

test('all frames on this face, to choose from', async ({ demo }) => {
  const { frames } = await gallery(demo);
  const isOpen = () => demo.locator('#all-dialog').evaluate(({ open }) => open);
  await demo.click('#all-glasses');
  await demo.waitForSelector('#all-dialog[data-done="true"]');
  expect(await demo.locator('#all-grid button').count()).toBe(frames.length);
  expect(await demo.locator('#all-grid button[data-ready]').count()).toBe(frames.length);
  const last = frames.at(-1);
  await demo.getByRole('dialog').getByRole('button', { name: last.name }).click();
  await demo.waitForSelector(`main[data-glasses="${last.id}"][data-state="fitted"][data-exact="true"]`);
  expect(await isOpen()).toBe(false);
  // Opened again it is there at once; Escape closes it.
  await demo.click('#all-glasses');
  await demo.waitForSelector('#all-dialog[data-done="true"]');
  await demo.keyboard.press('Escape');
  expect(await isOpen()).toBe(false);
});

test('the details show each update’s numbers, the homography and the times', async ({ demo }) => {
  await demo.click('.technical summary');
  const { steps, homography } = await state(demo);
  expect(await demo.locator('#updates tbody tr').count()).toBe(8);
  expect(await demo.locator('#updates tbody tr:first-child td').count()).toBe(2 * steps);
  const numbers = await demo.locator('#matrix span').allTextContents();
  expect(numbers.length).toBe(9);
  const difference = Math.abs(Number(numbers[2].replace('−', '-')) - homography[2]);
  expect(difference).toBeLessThan(1e-3 * Math.abs(homography[2]) + 1e-3);
  const figures = await demo.locator('#times dd').allTextContents();
  const sure = figures.pop();
  expect(figures.length).toBeGreaterThanOrEqual(4);
  for (const time of figures) expect(time).toMatch(/ ms$/);
  expect(sure).toMatch(/^\d+ %$/);
});
