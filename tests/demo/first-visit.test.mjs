import { expect, test } from './fixtures.mjs';
import { firstPortrait, fitted, landmarkError, state } from './site.mjs';

test('the first portrait opens and the glasses are fitted to its pupils', async ({ demo }) => {
  const now = await state(demo);
  const { pupils, id } = await firstPortrait(demo);
  expect(now.photo).toBe(id);
  expect(now.updates).toBeGreaterThanOrEqual(1);
  expect(now.update).toBe(now.updates);
  const end = landmarkError(now, pupils);
  await demo.locator('#update').fill('0');
  await demo.waitForSelector('main[data-update="0"][data-exact="true"]');
  const begin = landmarkError(await state(demo), pupils);
  console.log(`landmark error ${begin.toFixed(3)} as placed, ${end.toFixed(3)} after the last update`);
  expect(end).toBeLessThan(begin / 2);
  expect(end).toBeLessThan(0.12);
  const marks = await demo.evaluate(() =>
    performance.getEntriesByType('mark').map(({ name, startTime }) => [name, startTime]),
  );
  const { 'first-fit-start': started, 'first-fit-end': ended } = Object.fromEntries(marks);
  expect(started).toBeLessThan(ended);
  console.log(`first fit: ${started.toFixed(0)} to ${ended.toFixed(0)} ms after navigation`);
});

test('all requests go to the site itself, and the content security policy enforces it', async ({ page, site }) => {
  const addresses = [];
  page.on('request', (request) => addresses.push(request.url()));
  await page.goto('./');
  await fitted(page);
  expect(addresses.length).toBeGreaterThan(1);
  expect(addresses.filter((address) => !address.startsWith(site) && !address.startsWith('blob:'))).toEqual([]);
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  expect(policy).toMatch(/default-src 'none'/);
  expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:/);
});

test('the page is cross-origin isolated', async ({ page }) => {
  await page.goto('./');
  expect(await page.evaluate(() => window.crossOriginIsolated)).toBe(true);
});

test('the page has a title, a description, an icon and one main heading in each tab', async ({ page }) => {
  await page.goto('./');
  expect(await page.title()).toMatch(/glasses/i);
  expect((await page.locator('meta[name="description"]').getAttribute('content')).length).toBeGreaterThan(50);
  const icon = await page.locator('link[rel="icon"]').evaluate(async ({ href }) => (await fetch(href)).status);
  expect(icon).toBe(200);
  for (const tab of ['Photo', 'Room']) {
    await page.getByRole('tab', { name: tab }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  }
});
