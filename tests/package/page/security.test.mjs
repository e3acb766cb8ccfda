/** A page with a strict content security policy. */
import { expect, test } from './fixtures.mjs';

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self'",
  "img-src 'self' blob: data:",
  "worker-src 'self'",
  "style-src 'self'",
].join('; ');

test('the package runs under a strict policy and makes no request to another origin', async ({ page, consumer }) => {
  const origin = new URL(consumer.address).origin;
  const [requests, problems] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => problems.push(message.text()));
  await page.route(consumer.address, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': POLICY } });
  });
  await page.goto(consumer.address);
  await page.waitForFunction(() => window.images !== undefined);
  const results = await page.evaluate(async () => {
    const violations = [];
    addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective));
    const { glasses, photo, onWhite, placementOn } = window.images;
    const tryOn = await window.stgan.TryOn.create();
    const file = new Blob([window.images.files.png]);
    const product = await tryOn.glasses(onWhite(glasses(), 600, 400));
    const fit = await tryOn.fit(photo(), product);
    const composite = fit.composite();
    await tryOn.fit(file, glasses(), { placement: { x: 12, y: 8, width: 14 } });
    const worked = await window.fitInWorker({ photo: photo(), glasses: glasses(), placement: placementOn(photo()) });
    const track = await tryOn.track(
      (async function* () {
        yield photo();
      })(),
      glasses(),
      { canvas: document.createElement('canvas') },
    );
    await track.ended;
    return { violations, width: composite.width, inWorker: worked.error ?? 'ok', faces: track.faces.length };
  });
  expect(results).toEqual({ violations: [], width: 640, inWorker: 'ok', faces: 1 });
  expect(problems).toEqual([]);
  expect(requests.length).toBeGreaterThan(4);
  expect(requests.filter((url) => new URL(url).origin !== origin && !url.startsWith('blob:'))).toEqual([]);
});
