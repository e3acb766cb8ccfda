import { launchOptions } from '../../scripts/browser.mjs';
import { test } from './fixtures.mjs';
import { live, startCamera } from './live.mjs';
import { notice } from './site.mjs';

// Starts another browser, which has no camera.
test.use({
  launchOptions: launchOptions('--use-fake-device-for-media-stream=device-count=0'),
  permissions: ['camera'],
});

test('a missing camera is explained', async ({ demo }) => {
  await startCamera(demo);
  await notice(demo, /No camera was found/);
  await live(demo, 'off');
});
