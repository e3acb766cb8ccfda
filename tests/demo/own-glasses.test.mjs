import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { root } from '../../scripts/project.mjs';
import { expect, test } from './fixtures.mjs';
import { glasses, png, productPhoto } from './images.mjs';
import { chooseFile, download, fitted, noticeVisible, overflow, smallTargets, state } from './site.mjs';

const review = '#review[open][data-view="review"]';
const refused = '#review[open][data-view="refused"]';

async function openPhoto(page, name = 'harbour.png', bytes = undefined) {
  await chooseFile(page, '#glasses-file', name, 'image/png', bytes ?? (await productPhoto()));
  await page.waitForSelector(review);
}

/** The alpha of the cut-out at a point, in shares of its width and height. */
const alphaAt = (page, x, y) =>
  page
    .locator('#review-cut-out canvas')
    .evaluate(
      (canvas, [u, v]) =>
        canvas.getContext('2d').getImageData(Math.floor(u * canvas.width), Math.floor(v * canvas.height), 1, 1).data[3],
      [x, y],
    );

/** The share of the cut-out’s pixels that are at least half opaque. */
const visibleShare = (page) =>
  page.locator('#review-cut-out canvas').evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let visible = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] >= 128) visible++;
    return visible / (canvas.width * canvas.height);
  });

/** A point of a pane in window coordinates. */
async function panePoint(page, pane, x, y) {
  const box = await page.locator(pane).boundingBox();
  return [box.x + x * box.width, box.y + y * box.height];
}

async function clickPane(page, pane, x, y) {
  await page.mouse.click(...(await panePoint(page, pane, x, y)));
}

async function brush(page, from, to) {
  await page.mouse.move(...(await panePoint(page, '#review-cut-out', ...from)));
  await page.mouse.down();
  await page.mouse.move(...(await panePoint(page, '#review-cut-out', ...to)), { steps: 4 });
  await page.mouse.up();
}

/** The product photo, encoded as WebP by the browser. */
async function webp(page) {
  const content = (await productPhoto()).toString('base64');
  const encoded = await page.evaluate(async (content) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/webp', 0.9));
    return { type: blob.type, bytes: [...new Uint8Array(await blob.arrayBuffer())] };
  }, content);
  expect(encoded.type).toBe('image/webp');
  return Buffer.from(encoded.bytes);
}

const chooseTool = (page, tool) => page.locator(`#review-tools label:has([value="${tool}"])`).click();

test('the background of a product photo is removed, shown for review, and the glasses are fitted', async ({ demo }) => {
  await openPhoto(demo);
  await expect(demo.locator('#review-findings')).toContainText('Background removed');
  await expect(demo.locator('#review-findings')).toContainText('Lenses: clear');
  expect(await alphaAt(demo, 0.02, 0.02), 'a corner').toBeLessThan(26);
  expect(await alphaAt(demo, 0.3, 0.5), 'inside a lens').toBeLessThan(64);
  const visible = await visibleShare(demo);
  expect(visible).toBeGreaterThan(0.03);
  expect(visible).toBeLessThan(0.5);
  await demo.click('#review-use');
  await demo.waitForSelector('main[data-glasses^="own"][data-state="fitted"][data-exact="true"]');
  await expect(demo.locator('#glasses-list li:first-child button')).toHaveText('harbour.png');
  await expect(demo.locator('#own-note')).toContainText('Background removed.');
  expect(await noticeVisible(demo)).toBe(false);
  const { box } = await state(demo);
  expect(Math.abs(box.width / box.height / (800 / 267) - 1), `${box.width} × ${box.height}`).toBeLessThan(0.15);
});

test('a large photo is corrected on a smaller copy, and used at its own size', async ({ demo }) => {
  await openPhoto(demo, 'large.png', await productPhoto(4, [236, 236, 236]));
  const side = await demo.locator('#review-cut-out canvas').evaluate(({ width, height }) => Math.max(width, height));
  expect(side).toBeLessThanOrEqual(1600);
  await demo.click('#review-use');
  await demo.waitForSelector('main[data-glasses^="own"]');
  expect((await state(demo)).box.width).toBeGreaterThan(1200);
});

test('a JPEG is opened in the orientation that its metadata states', async ({ demo }) => {
  const upright = (await productPhoto()).toString('base64');
  const rotated = await demo.evaluate(async (content) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const drawing = new OffscreenCanvas(bitmap.height, bitmap.width).getContext('2d');
    drawing.setTransform(0, -1, 1, 0, 0, bitmap.width);
    drawing.drawImage(bitmap, 0, 0);
    const blob = await drawing.canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
    return [...new Uint8Array(await blob.arrayBuffer())];
  }, upright);
  // Orientation 6: rotate by 90 degrees clockwise to show.
  const tiff = Buffer.from('4d4d002a00000008000101120003000000010006000000000000', 'hex');
  const exif = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, exif.length + 2]), exif]);
  const file = Buffer.concat([Buffer.from(rotated.slice(0, 2)), segment, Buffer.from(rotated.slice(2))]);
  await chooseFile(demo, '#glasses-file', 'phone.jpg', 'image/jpeg', file);
  await demo.waitForSelector(review);
  const ratio = await demo.locator('#review-cut-out canvas').evaluate(({ width, height }) => width / height);
  expect(ratio).toBeGreaterThan(1.5);
});

for (const format of ['webp', 'avif']) {
  test(`a product photo in the format ${format} is cut out and fitted`, async ({ demo }) => {
    const file = format === 'avif' ? await readFile(join(root, 'tests', 'demo', 'product.avif')) : await webp(demo);
    await chooseFile(demo, '#glasses-file', `harbour.${format}`, `image/${format}`, file);
    await demo.waitForSelector(review);
    await expect(demo.locator('#review-findings')).toContainText('Background removed');
    expect(await alphaAt(demo, 0.02, 0.02), 'a corner').toBeLessThan(26);
    expect(await alphaAt(demo, 0.3, 0.5), 'inside a lens').toBeLessThan(64);
    await demo.click('#review-use');
    await demo.waitForSelector('main[data-glasses^="own"][data-state="fitted"][data-exact="true"]');
    const { box } = await state(demo);
    expect(Math.abs(box.width / box.height / (800 / 267) - 1), `${box.width} × ${box.height}`).toBeLessThan(0.15);
  });
}

test('a cancelled review leaves everything as it was', async ({ demo }) => {
  const before = await state(demo);
  await openPhoto(demo);
  await demo.keyboard.press('Escape');
  await expect(demo.locator('#review')).toBeHidden();
  expect(await state(demo)).toEqual(before);
  await expect(demo.locator('#own-bar')).toBeHidden();
});

test('glasses with a transparent background are used without a review; the weights for it are not loaded', async ({
  page,
}) => {
  const addresses = [];
  page.on('request', (request) => addresses.push(request.url()));
  await page.goto('./');
  await fitted(page);
  await chooseFile(page, '#glasses-file', 'mine.png', 'image/png', glasses());
  await page.waitForSelector('main[data-glasses^="own"][data-state="fitted"][data-exact="true"]');
  await expect(page.locator('#review')).toBeHidden();
  expect(addresses.filter((address) => /cutout/.test(address))).toEqual([]);
  await page.click('#edit-cut-out');
  await page.waitForSelector(review);
  expect(await alphaAt(page, 0.02, 0.02)).toBe(0);
});

test('photos without glasses are shown with the reason, and can be cut out by hand', async ({ demo }) => {
  const before = await state(demo);
  const white = png(640, 400, () => [255, 255, 255, 255]);
  await chooseFile(demo, '#glasses-file', 'white.png', 'image/png', white);
  await demo.waitForSelector(refused);
  await expect(demo.locator('#review-refusal')).toContainText('No glasses were found');
  await expect(demo.locator('#review-refusal')).toContainText('Use a photo of one pair of glasses');
  await expect(demo.locator('#refused-image')).toBeVisible();
  expect((await state(demo)).glasses).toBe(before.glasses);
  const [chooser] = await Promise.all([demo.waitForEvent('filechooser'), demo.click('#review-another')]);
  await expect(demo.locator('#review')).toBeHidden();

  const isDisc = (x, y) => Math.hypot(x - 320, y - 200) < 90;
  const disc = png(640, 400, (x, y) => (isDisc(x, y) ? [30, 30, 34, 255] : [240, 240, 240, 255]));
  await chooser.setFiles({ name: 'disc.png', mimeType: 'image/png', buffer: disc });
  await demo.waitForSelector(refused);
  await demo.click('#review-by-hand');
  await demo.waitForSelector(review);
  await expect(demo.locator('#review-use'), 'nothing has been removed yet').toBeDisabled();
  await clickPane(demo, '#review-original', 0.05, 0.1);
  expect(await alphaAt(demo, 0.9, 0.9)).toBe(0);
  expect(await alphaAt(demo, 0.5, 0.5)).toBe(255);
  await demo.click('#review-use');
  await demo.waitForSelector('main[data-glasses^="own"]');
  const { box } = await state(demo);
  expect(Math.abs(box.width - 180)).toBeLessThan(4);
});

test('files that are no images are explained without a dialog', async ({ demo }) => {
  await chooseFile(demo, '#glasses-file', 'letter.pdf', 'application/pdf', Buffer.from('%PDF-1.7 not an image'));
  await expect(demo.getByRole('alert').filter({ hasText: 'letter.pdf' })).toContainText('JPEG, PNG or WebP');
  await expect(demo.locator('#review')).toBeHidden();
});

test('clicks and brushes correct the cut-out, and are undone', async ({ demo }) => {
  // A dark plate with two white windows: the windows are opened by clicks.
  const isWindow = (x, y) => Math.abs(y - 100) < 50 && (Math.abs(x - 130) < 70 || Math.abs(x - 370) < 70);
  const plate = png(500, 200, (x, y) =>
    x < 10 || y < 10 || x >= 490 || y >= 190 ? [0, 0, 0, 0] : isWindow(x, y) ? [250, 250, 250, 255] : [40, 30, 30, 255],
  );
  await chooseFile(demo, '#glasses-file', 'plate.png', 'image/png', plate);
  await demo.waitForFunction(
    () => document.querySelector('#review[open]') ?? document.querySelector('main[data-glasses^="own"]'),
  );
  if (!(await demo.locator(review).isVisible())) await demo.click('#edit-cut-out');
  await demo.waitForSelector(review);

  await expect(demo.locator('#review-undo')).toBeDisabled();
  await chooseTool(demo, 'brush-front');
  await brush(demo, [0.2, 0.5], [0.3, 0.5]);
  expect(await alphaAt(demo, 0.25, 0.5)).toBe(255);
  await chooseTool(demo, 'click-lens');
  await clickPane(demo, '#review-cut-out', 0.25, 0.5);
  expect(await alphaAt(demo, 0.25, 0.5), 'a white lens becomes see-through').toBeLessThan(26);
  await clickPane(demo, '#review-cut-out', 0.01, 0.5);
  await expect(demo.locator('#review-status')).toContainText('not enclosed');

  await chooseTool(demo, 'brush-background');
  await brush(demo, [0.45, 0.5], [0.55, 0.5]);
  expect(await alphaAt(demo, 0.5, 0.5)).toBe(0);
  await chooseTool(demo, 'click-background');
  await clickPane(demo, '#review-original', 0.5, 0.9);
  expect(await alphaAt(demo, 0.05, 0.5), 'the plate').toBe(0);
  await expect(demo.locator('#review-status')).toHaveText('Area removed.');
  await demo.click('#review-undo');
  expect(await alphaAt(demo, 0.05, 0.5)).toBe(255);
  await demo.keyboard.press('Control+z');
  expect(await alphaAt(demo, 0.5, 0.5)).toBe(255);
});

test('corrected glasses replace those in the list, and can be corrected again', async ({ demo }) => {
  await openPhoto(demo);
  await demo.click('#review-use');
  await demo.waitForSelector('main[data-glasses^="own"][data-state="fitted"]');
  const count = await demo.locator('#glasses-list li').count();
  const { glasses: first, box } = await state(demo);

  await demo.click('#edit-cut-out');
  await demo.waitForSelector(review);
  await chooseTool(demo, 'brush-background');
  await demo.locator('#review-amount').fill('80');
  // The left half goes.
  for (const x of [0.02, 0.1, 0.18, 0.26, 0.34, 0.42]) await brush(demo, [x, 0.02], [x, 0.98]);
  await demo.click('#review-use');
  await demo.waitForFunction((old) => document.querySelector('main').dataset.glasses !== old, first);
  await expect(demo.locator('#own-note')).toHaveText('Corrected by you.');
  expect(await demo.locator('#glasses-list li').count()).toBe(count);
  const { box: half } = await state(demo);
  expect(half.width).toBeLessThan(box.width * 0.7);

  await demo.click('#edit-cut-out');
  await demo.waitForSelector(review);
  expect(await alphaAt(demo, 0.25, 0.5), 'the earlier correction is kept').toBe(0);
  await demo.keyboard.press('Escape');
});

test('the cut-out is downloaded as a PNG, cropped to the glasses', async ({ demo }) => {
  await openPhoto(demo, 'My Harbour.png');
  const saved = await download(demo, '#review-save');
  expect(saved.name).toBe('my-harbour-cut-out.png');
  const { width, height, data } = PNG.sync.read(saved.bytes);
  expect(Math.abs(width / height / (800 / 267) - 1), `${width} × ${height}`).toBeLessThan(0.15);
  expect(data[3], 'the corner is transparent').toBeLessThan(26);
  await expect(demo.locator('#review-status')).toContainText('Saved my-harbour-cut-out.png');
});

test('the cut-out is corrected with the keyboard', async ({ demo }) => {
  await openPhoto(demo);
  await demo.locator('#review-tools [value="click-background"]').focus();
  for (let i = 0; i < 3; i++) await demo.keyboard.press('ArrowRight');
  await expect(demo.locator('#review-tools [value="brush-front"]')).toBeChecked();
  await demo.keyboard.press('Shift+Tab');
  await expect(demo.locator('#review-cut-out')).toBeFocused();
  await expect(demo.locator('#review-cut-out .pane-cursor')).toBeVisible();
  for (let i = 0; i < 4; i++) await demo.keyboard.press('Shift+ArrowLeft');
  const before = await visibleShare(demo);
  for (let i = 0; i < 5; i++) await demo.keyboard.press(']');
  await demo.keyboard.press('Enter');
  expect(await visibleShare(demo), 'a part of the photo is back').toBeGreaterThan(before);
  await demo.keyboard.press('Control+z');
  expect(await visibleShare(demo)).toBe(before);
  await demo.keyboard.press('+');
  await demo.keyboard.press('+');
  const transform = await demo.locator('#review-original canvas').evaluate((canvas) => canvas.style.transform);
  expect(transform, 'both panes are zoomed').toMatch(/scale\(1\.5/);
});

test('the wheel zooms both panes, and the cut-out can be seen on a skin tone', async ({ demo }) => {
  await openPhoto(demo);
  await demo.mouse.move(...(await panePoint(demo, '#review-cut-out', 0.25, 0.5)));
  await demo.mouse.wheel(0, -600);
  const transforms = () =>
    demo.locator('#review .pane-view canvas').evaluateAll((all) => all.map(({ style }) => style.transform));
  await expect.poll(async () => (await transforms())[0]).toMatch(/scale\(1\.[1-9]/);
  const [left, right] = await transforms();
  expect(left).toBe(right);
  await demo.click('#review-skin');
  await expect(demo.locator('#review-cut-out')).toHaveAttribute('data-ground', 'skin');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });

  test('the review fits the screen and is used with fingers', async ({ demo }) => {
    await openPhoto(demo);
    expect(await overflow(demo)).toBeLessThanOrEqual(0);
    expect(await smallTargets(demo, '#review button')).toEqual([]);
    const hidden = await demo.locator('#review').evaluate((dialog) => dialog.scrollHeight - dialog.clientHeight);
    expect(hidden, 'pixels below the screen').toBeLessThanOrEqual(0);
    const before = await visibleShare(demo);
    await chooseTool(demo, 'brush-front');
    const [x, y] = await panePoint(demo, '#review-cut-out', 0.3, 0.5);
    await demo.touchscreen.tap(x, y);
    const painted = await visibleShare(demo);
    expect(painted).toBeGreaterThan(before);
    // Two fingers zoom and do not paint.
    const touch = await demo.context().newCDPSession(demo);
    const send = (type, ...points) =>
      touch.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: points.map(([px, py], id) => ({ x: px, y: py, id })),
      });
    await send('touchStart', [x - 20, y]);
    await send('touchStart', [x - 20, y], [x + 20, y]);
    await send('touchMove', [x - 20, y], [x + 60, y]);
    await send('touchEnd');
    expect(await visibleShare(demo)).toBe(painted);
    const scale = await demo
      .locator('#review-cut-out canvas')
      .evaluate((canvas) => Number(/scale\(([\d.]+)\)/.exec(canvas.style.transform)[1]));
    expect(Math.abs(scale - 2)).toBeLessThan(0.1);
    // A tap right after the fingers are lifted may count as a part of their gesture.
    await demo.locator('#review-use').click();
    await demo.waitForSelector('main[data-glasses^="own"][data-state="fitted"]');
  });
});
