/** File names and metadata that users bring are text, never HTML. */
import { PNG } from 'pngjs';
import { expect, test } from './fixtures.mjs';
import { glasses, png } from './images.mjs';
import { chooseFile, notice } from './site.mjs';

const MARKUP =
  '<img src=x onerror="window.injected=1"><svg onload="window.injected=1"><script>window.injected=1</script>';
const NAME = `${MARKUP.replaceAll('/', '')}.png`;

/** Adds a text chunk to a PNG file. */
function withText(file, text) {
  const content = Buffer.from(`Title\0${text}`, 'latin1');
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from('tEXt'), content, Buffer.alloc(4)]);
  chunk.writeUInt32BE(content.length, 0);
  const table = Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
    return n;
  });
  let crc = ~0;
  for (const byte of chunk.subarray(4, -4)) crc = (crc >>> 8) ^ table[(crc ^ byte) & 255];
  chunk.writeInt32BE(~crc, chunk.length - 4);
  // The header chunk ends at byte 33.
  const result = Buffer.concat([file.subarray(0, 33), chunk, file.subarray(33)]);
  PNG.sync.read(result);
  return result;
}

/** The elements that the markup would create. */
const injected = (page) =>
  page.evaluate(() => ({
    ran: window.injected === 1,
    elements: document.querySelectorAll('[onerror], [onload], img[src="x"], body script:not([src])').length,
  }));

test('file names and metadata are never inserted as HTML', async ({ demo }) => {
  const photo = withText(
    png(333, 417, (x, y) => [(x * 7) & 255, (y * 5) & 255, 90, 255]),
    MARKUP,
  );
  await chooseFile(demo, '#photo-file', NAME, 'image/png', photo);
  await demo.waitForSelector('main[data-photo^="own"]');
  expect(await demo.locator('.photo').getAttribute('aria-label')).toContain('onerror');
  const { glasses: before } = await demo.locator('main').evaluate(({ dataset }) => ({ ...dataset }));
  await chooseFile(demo, '#glasses-file', NAME, 'image/png', withText(glasses(), MARKUP));
  await demo.waitForFunction((old) => document.querySelector('main').dataset.glasses !== old, before);
  expect(await injected(demo)).toEqual({ ran: false, elements: 0 });
});

test('file names in notices are never inserted as HTML', async ({ demo }) => {
  await chooseFile(demo, '#photo-file', NAME, 'image/png', Buffer.from(MARKUP));
  await notice(demo, /onerror/);
  await chooseFile(demo, '#glasses-file', NAME, 'image/png', Buffer.from(MARKUP));
  await notice(demo, /onerror/);
  expect(await injected(demo)).toEqual({ ran: false, elements: 0 });
});
