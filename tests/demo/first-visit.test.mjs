import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { eyeError, firstPortrait, fitted, start, state } from './site.mjs';

let demo;
before(async () => (demo = await start()));
after(() => demo?.close());

test('the first face is there at once, and the frame moves onto the eyes by itself', async (t) => {
  const page = await demo.open();
  await fitted(page);
  const now = await state(page);
  const { eyes, id } = await firstPortrait(page);
  assert.equal(now.photo, id);
  assert.ok(now.steps >= 1);
  assert.equal(now.step, now.steps);
  const end = eyeError(now, eyes);
  await page.locator('#steps').fill('0');
  await page.waitForSelector('main[data-step="0"][data-exact="true"]');
  const begin = eyeError(await state(page), eyes);
  t.diagnostic(`eye error ${begin.toFixed(3)} as placed, ${end.toFixed(3)} after the last update`);
  assert.ok(end < begin / 2 && end < 0.12, `${begin} to ${end}`);
  const marks = await page.evaluate(() =>
    performance.getEntriesByType('mark').map(({ name, startTime }) => [name, startTime]),
  );
  const times = Object.fromEntries(marks);
  assert.ok(times['first-fit-start'] < times['first-fit-end']);
  t.diagnostic(
    `first fit: ${times['first-fit-start'].toFixed(0)} to ${times['first-fit-end'].toFixed(0)} ms after navigation`,
  );
  assert.deepEqual(page.problems, []);
});

test('everything comes from the site itself, and its policy says so', async () => {
  const addresses = [];
  const page = await demo.open({
    prepare: (context) => context.on('request', (request) => addresses.push(request.url())),
  });
  await fitted(page);
  const foreign = addresses.filter((address) => !address.startsWith(demo.address) && !address.startsWith('blob:'));
  assert.deepEqual(foreign, []);
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:/);
});

test('the page has a title, a description, an icon and one main heading', async () => {
  const page = await demo.open();
  assert.match(await page.title(), /glasses/i);
  assert.ok((await page.locator('meta[name="description"]').getAttribute('content')).length > 50);
  const icon = await page.locator('link[rel="icon"]').evaluate(async ({ href }) => (await fetch(href)).status);
  assert.equal(icon, 200);
  assert.equal(await page.locator('h1').count(), 1);
});
