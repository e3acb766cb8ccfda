/** The room tab: furniture is placed, fitted, mirrored and saved. */
import { test as base, expect } from './fixtures.mjs';
import { glasses, png, pngSize } from './images.mjs';
import { chooseFile, download, notice, overflow, smallTargets } from './site.mjs';

const area = '#room-area';

/** The `data-*` attributes of the tab, with numbers and lists parsed. */
const roomState = (page) =>
  page.locator(area).evaluate(({ dataset: { homography, placement, update, updates, ...rest } }) => ({
    ...rest,
    update: Number(update),
    updates: Number(updates),
    homography: JSON.parse(homography || 'null'),
    placement: JSON.parse(placement || 'null'),
  }));

const placed = (page) => page.waitForSelector(`${area}[data-state="placed"]`);
const fitted = (page) => page.waitForSelector(`${area}[data-state="fitted"][data-exact="true"]`);

const test = base.extend({
  /** The demo with the room tab open. */
  room: async ({ demo }, use) => {
    await demo.getByRole('tab', { name: 'Room' }).click();
    await placed(demo);
    await use(demo);
  },
});

/** The window coordinates of a point of the photo. */
const windowPoint = (page, x, y) =>
  page.evaluate(
    ([px, py]) => {
      const { left, top, width } = document.querySelector('#room-viewer').getBoundingClientRect();
      const scale = width / Number(document.querySelector('#room-size').textContent.split(' × ')[0]);
      return { x: left + px * scale, y: top + py * scale };
    },
    [x, y],
  );

test('nothing of the room tab is loaded before it is opened', async ({ page }) => {
  const files = [];
  page.on('request', (request) => files.push(request.url()));
  await page.goto('./');
  await page.waitForSelector('main[data-state="fitted"][data-exact="true"]');
  const ofRooms = () => files.filter((file) => /rooms\/|furniture\/|room-.*safetensors|room\.safetensors/.test(file));
  expect(ofRooms()).toEqual([]);
  await page.getByRole('tab', { name: 'Room' }).click();
  await placed(page);
  expect(ofRooms().length).toBeGreaterThan(2);
});

test('furniture is dragged, fitted from there, and reset', async ({ room }) => {
  await expect(room.getByRole('heading', { level: 1 })).toHaveText(/furniture/);
  const { placement } = await roomState(room);
  const [from, to] = [
    await windowPoint(room, placement.x, placement.y),
    await windowPoint(room, placement.x + 60, placement.y + 40),
  ];
  await room.mouse.move(from.x, from.y);
  await room.mouse.down();
  await room.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2);
  await room.mouse.move(to.x, to.y);
  await room.mouse.up();
  const dragged = await roomState(room);
  expect(Math.hypot(dragged.placement.x - placement.x - 60, dragged.placement.y - placement.y - 40)).toBeLessThan(8);
  await room.click('#room-fit');
  await fitted(room);
  const after = await roomState(room);
  expect(after.updates).toBeGreaterThan(0);
  expect(after.update).toBe(after.updates);
  expect(after.homography.every(Number.isFinite)).toBe(true);
  await room.locator('#room-update').fill('0');
  await fitted(room);
  expect((await roomState(room)).update).toBe(0);
  await room.click('#room-reset');
  await placed(room);
  expect((await roomState(room)).placement).toEqual(placement);
});

test('the keyboard moves, turns, mirrors and fits', async ({ room }) => {
  const { placement } = await roomState(room);
  await room.focus('#room-viewer');
  for (const key of ['ArrowRight', '+', ']']) await room.keyboard.press(key);
  const moved = (await roomState(room)).placement;
  expect(moved.x).toBeGreaterThan(placement.x);
  expect(moved.width).toBeGreaterThan(placement.width);
  expect(moved.rotation).toBeGreaterThan(placement.rotation);
  await room.keyboard.press('m');
  await expect(room.locator('#room-mirror')).toHaveAttribute('aria-pressed', 'true');
  expect((await roomState(room)).placement).toEqual(moved);
  await room.keyboard.press('Enter');
  await fitted(room);
});

test('the download has the size of the photo, and the shadow is an option', async ({ room }) => {
  await room.click('#room-fit');
  await fitted(room);
  const shaded = await download(room, '#room-png');
  expect(pngSize(shaded.bytes)).toEqual([1200, 900]);
  await room.click('#room-shadow');
  await expect(room.locator('#room-shadow')).toHaveAttribute('aria-pressed', 'false');
  const plain = await download(room, '#room-png');
  expect(plain.bytes.equals(shaded.bytes)).toBe(false);
  expect(plain.name).toMatch(/\.png$/);
});

const choosePiece = (room, name, bytes) => chooseFile(room, '#furniture-file', name, 'image/png', bytes);

test('own images are used, and one without furniture is refused with advice', async ({ room }) => {
  await chooseFile(
    room,
    '#room-file',
    'my room.png',
    'image/png',
    png(400, 300, (x, y) => [200, y < 180 ? 190 : 120, x % 200, 255]),
  );
  await expect(room.locator(area)).toHaveAttribute('data-photo', /^own-/);
  await choosePiece(room, 'bench.png', glasses());
  await expect(room.locator(area)).toHaveAttribute('data-piece', /^own-/);
  const piece = await room.locator(area).getAttribute('data-piece');
  const wall = png(40, 30, () => [9, 99, 199, 255]);
  await choosePiece(room, 'wall.png', wall);
  await notice(room, /No furniture.*wall\.png.*one piece/);
  const scene = png(80, 60, (x, y) => [(x * 57) % 251, (y * 91) % 241, ((x + y) * 31) % 239, 255]);
  await choosePiece(room, 'scene.png', scene);
  await notice(room, /scene\.png.*cannot be removed.*even ground/);
  await expect(room.locator(area)).toHaveAttribute('data-piece', piece);
  await room.click('#room-fit');
  await fitted(room);
});

test('the ground of an own product photo is removed', async ({ room }) => {
  const inside = (x, y) => x >= 100 && x < 300 && y >= 60 && y < 240;
  const photo = png(400, 300, (x, y) => (inside(x, y) ? [120, 80, 50, 255] : [244, 244, 244, 255]));
  await choosePiece(room, 'cabinet.png', photo);
  await expect(room.locator(area)).toHaveAttribute('data-piece', /^own-/);
  await placed(room);
  const alpha = await room.locator('#room-viewer .preview').evaluate((canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    const at = (x, y) => data[4 * (Math.round(y * height) * width + Math.round(x * width)) + 3];
    return [at(0.05, 0.05), at(0.5, 0.5), at(0.9, 0.5)];
  });
  expect(alpha).toEqual([0, 255, 0]);
  await room.click('#room-fit');
  await fitted(room);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 375, height: 720 } });

  test('the tab fits into the window, with targets large enough for a finger', async ({ room }) => {
    expect(await overflow(room)).toBeLessThanOrEqual(0);
    expect(await smallTargets(room, 'button:not([hidden])')).toEqual([]);
    await room.click('#room-fit');
    await fitted(room);
  });
});
