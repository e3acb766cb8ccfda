/** The element `<stgan-try-on>` of the packed package with a camera. */
import { expect, test } from './fixtures.mjs';

const element = (cdn, attributes = '') =>
  `<stgan-try-on mode="live" ${attributes} glasses="${cdn}/glasses/quill.png ${cdn}/glasses/noon.png"></stgan-try-on>`;

test.describe('with permission', () => {
  test.use({ permissions: ['camera'] });

  for (const [place, attributes] of [
    ['the page', ''],
    ['a worker', 'worker="worker.js"'],
  ]) {
    test(`${place} tracks the camera, which opens and closes with the button`, async ({
      page,
      open,
      cdn,
      axe,
      waitFor,
    }) => {
      await page.addInitScript(() => {
        window.streams = [];
        const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (constraints) => {
          const stream = await getUserMedia(constraints);
          window.streams.push({ stream, facing: constraints.video.facingMode });
          return stream;
        };
      });
      await open(element(cdn, `mirror ${attributes}`));
      await expect(page.getByRole('button', { name: 'Start the camera' })).toBeVisible();
      expect(await page.evaluate(() => window.streams.length), 'opened without a click').toBe(0);
      await page.getByRole('button', { name: 'Start the camera' }).click();
      await waitFor('stgan-state', '', 'found');
      await expect(page.getByRole('img', { name: 'The camera with the glasses' })).toBeVisible();
      await page.getByRole('radio', { name: 'Glasses 2 of 2' }).check();
      const snapshot = await page.evaluate(async () => {
        const { width, height } = await document.querySelector('stgan-try-on').composite();
        const file = await document.querySelector('stgan-try-on').snapshot();
        return [width, height, file.type];
      });
      expect(snapshot).toEqual([480, 360, 'image/png']);
      expect(await axe()).toEqual([]);
      await page.screenshot({ path: `target/element/live-${place === 'the page' ? 'page' : 'worker'}.png` });
      await page.evaluate(() => (document.querySelector('stgan-try-on').camera = 'environment'));
      await page.waitForFunction(() => window.streams.length === 2);
      await page.waitForFunction(() => document.querySelector('stgan-try-on').state === 'found');
      const live = await page.evaluate(() =>
        window.streams.map(({ stream, facing }) => [facing, stream.getTracks()[0].readyState]),
      );
      expect(live).toEqual([
        ['user', 'ended'],
        ['environment', 'live'],
      ]);
      await page.getByRole('button', { name: 'Stop the camera' }).click();
      await expect(page.getByRole('status')).toHaveText('The camera is off.');
      await expect(page.getByRole('button', { name: 'Start the camera' })).toBeFocused();
      await page.getByRole('button', { name: 'Start the camera' }).click();
      await page.waitForFunction(() => document.querySelector('stgan-try-on').state === 'found');
      await page.evaluate(() => document.querySelector('stgan-try-on').remove());
      const ended = await page.evaluate(() => window.streams.map(({ stream }) => stream.getTracks()[0].readyState));
      expect(ended).toEqual(['ended', 'ended', 'ended']);
    });
  }
});

test('a denied camera and the wrong mode are errors', async ({ page, open, cdn, axe, waitFor }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('denied', 'NotAllowedError'));
  });
  await open(element(cdn));
  await page.getByRole('button', { name: 'Start the camera' }).click();
  expect((await waitFor('stgan-error')).code).toBe('camera-denied');
  await expect(page.getByRole('alert')).toContainText('The camera is not allowed.');
  await expect(page.getByRole('button', { name: 'Start the camera' })).toBeFocused();
  expect(await axe()).toEqual([]);
  const codes = await page.evaluate(async () => {
    const element = document.querySelector('stgan-try-on');
    const code = (promise) => promise.then(String, ({ code }) => code);
    const off = await code(element.composite());
    element.mode = 'photo';
    return { off, start: await code(element.start()), fit: await code(element.fit()) };
  });
  expect(codes).toEqual({ off: 'disposed', start: 'argument', fit: 'argument' });
});
