import { expect, test } from './fixtures.mjs';
import { gallery, state } from './site.mjs';

test('the slider goes through all updates, from as placed to the last one', async ({ demo }) => {
  const { updates } = await state(demo);
  const seen = new Set();
  const slider = demo.locator('#update');
  for (let update = updates; update >= 0; update--) {
    await slider.fill(String(update));
    await demo.waitForSelector(`main[data-update="${update}"][data-exact="true"]`);
    seen.add(JSON.stringify((await state(demo)).homography));
    const text = await slider.getAttribute('aria-valuetext');
    expect(text).toMatch(update === 0 ? /as placed/i : new RegExp(`update ${update} of ${updates}`, 'i'));
  }
  expect(seen.size).toBe(updates + 1);
});

test('the comparison button hides and shows the glasses', async ({ demo }) => {
  const button = demo.locator('#before');
  const layers = demo.locator('.layers');
  await button.press('Enter');
  expect(await button.getAttribute('aria-pressed')).toBe('true');
  await expect(layers).toHaveCSS('opacity', '0');
  await button.press('Enter');
  expect(await button.getAttribute('aria-pressed')).toBe('false');
  await expect(layers).toHaveCSS('opacity', '1');
});

test('other glasses from the gallery are fitted at once', async ({ demo }) => {
  const { glasses } = await gallery(demo);
  await demo.click(`#glasses-list button[data-id="${glasses[3].id}"]`);
  await demo.waitForSelector(`main[data-glasses="${glasses[3].id}"][data-state="fitted"][data-exact="true"]`);
  expect(await demo.locator('#glasses-list [aria-pressed="true"]').getAttribute('data-id')).toBe(glasses[3].id);
});

test('on another portrait the glasses are placed but not fitted', async ({ demo }) => {
  const { portraits } = await gallery(demo);
  await demo.click(`#photo-list button[data-id="${portraits[1].id}"]`);
  await demo.waitForSelector(`main[data-photo="${portraits[1].id}"][data-state="placed"]`);
  expect((await state(demo)).updates).toBe(0);
});

test('all glasses are tried on the face, and one can be chosen', async ({ demo }) => {
  const { glasses } = await gallery(demo);
  const isOpen = () => demo.locator('#all-dialog').evaluate(({ open }) => open);
  await demo.click('#all-glasses');
  await demo.waitForSelector('#all-dialog[data-done="true"]');
  expect(await demo.locator('#all-grid button').count()).toBe(glasses.length);
  expect(await demo.locator('#all-grid button[data-ready]').count()).toBe(glasses.length);
  const last = glasses.at(-1);
  await demo.getByRole('dialog').getByRole('button', { name: last.name }).click();
  await demo.waitForSelector(`main[data-glasses="${last.id}"][data-state="fitted"][data-exact="true"]`);
  expect(await isOpen()).toBe(false);
  // The reopened dialog is complete at once; Escape closes it.
  await demo.click('#all-glasses');
  await demo.waitForSelector('#all-dialog[data-done="true"]');
  await demo.keyboard.press('Escape');
  expect(await isOpen()).toBe(false);
});

test('the technical details show the updates, the homography, timing and confidence', async ({ demo }) => {
  await demo.click('.technical summary');
  const { updates, homography } = await state(demo);
  expect(await demo.locator('#updates-table tbody tr').count()).toBe(8);
  expect(await demo.locator('#updates-table tbody tr:first-child td').count()).toBe(2 * updates);
  const elements = await demo.locator('#matrix span').allTextContents();
  expect(elements.length).toBe(9);
  const difference = Math.abs(Number(elements[2].replace('−', '-')) - homography[2]);
  expect(difference).toBeLessThan(1e-3 * Math.abs(homography[2]) + 1e-3);
  const metrics = await demo.locator('#metrics dd').allTextContents();
  const confidence = metrics.pop();
  expect(metrics.length).toBeGreaterThanOrEqual(4);
  for (const time of metrics) expect(time).toMatch(/ ms$/);
  expect(confidence).toMatch(/^\d+ %$/);
});
