import { launchOptions } from '../../scripts/browser.mjs';
import { test } from './fixtures.mjs';
import { live, startCamera } from './live.mjs';
import { notice } from './site.mjs';

// A browser of its own, on a machine to which no camera is connected.
test.use({
  launchOptions: launchOptions('--use-fake-device-for-media-stream=device-count=0'),
  permissions: ['camera'],
});

test('no camera at all: said', async ({ demo }) => {
  await startCamera(demo);
  await notice(demo, /No camera was found/);
  await live(demo, 'off');
});
