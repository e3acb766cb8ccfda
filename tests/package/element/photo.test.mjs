/** The element `<stgan-try-on>` of the packed package with photos. */
import { expect, test } from './fixtures.mjs';

const isPackageFile = (url) => /\.(wasm|safetensors)$/.test(url);

/** Whether the canvas of an element shows other pixels than the photo. */
const differsFromPhoto = (page, photo) =>
  page.evaluate(async (photo) => {
    const canvas = document.querySelector('stgan-try-on').shadowRoot.querySelector('canvas');
    const image = Object.assign(new Image(), { src: photo });
    await image.decode();
    const pixels = (source) => {
      const context = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
      context.drawImage(source, 0, 0, canvas.width, canvas.height);
      return context.getImageData(0, 0, canvas.width, canvas.height).data;
    };
    const [shown, before] = [pixels(canvas), pixels(image)];
    return shown.reduce((count, value, i) => count + (Math.abs(value - before[i]) > 40 ? 1 : 0), 0) > 1000;
  }, photo);

test('ten lines of HTML under a strict policy show glasses of a CDN', async ({ page, shop, cdn, axe, waitFor }) => {
  shop.texts['/ten-lines'] = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Harbour</title>
<link rel="stylesheet" href="shop.css">
<script type="module" src="${cdn}/stgan/dist/element/index.js"></script>
<main><h1>Harbour</h1>
<stgan-try-on photo="helen.jpg" glasses="${cdn}/glasses/harbour.png ${cdn}/glasses/quill.png"></stgan-try-on>
</main>`;
  expect(shop.texts['/ten-lines'].split('\n').length).toBe(10);
  await page.goto(`${shop.url}/ten-lines`);
  await waitFor('stgan-fit');
  expect(await differsFromPhoto(page, 'helen.jpg')).toBe(true);
  await expect(page.getByRole('status')).toHaveText('The glasses are on the photo.');
  await expect(page.getByRole('img', { name: 'The photo with the glasses' })).toBeVisible();
  expect(await axe()).toEqual([]);
  await page.screenshot({ path: 'target/element/wide.png', fullPage: true });
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await page.screenshot({ path: 'target/element/phone.png', fullPage: true });
  await page.evaluate(() => {
    document.querySelector('stgan-try-on').appearance = 'dark';
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('body { background: #121212; color: #fff; }');
    document.adoptedStyleSheets = [sheet];
  });
  expect(await axe()).toEqual([]);
  await page.screenshot({ path: 'target/element/dark.png', fullPage: true });
});

test('a worker of the page computes if the package is on another origin', async ({ page, open, cdn, waitFor }) => {
  const worker = page.waitForEvent('worker');
  await open(`<stgan-try-on worker="worker.js" photo="kofi.jpg" glasses="${cdn}/glasses/quill.png"></stgan-try-on>`);
  expect((await worker).url()).toMatch(/\/worker\.js$/);
  await waitFor('stgan-fit');
  expect(await differsFromPhoto(page, 'kofi.jpg')).toBe(true);
});

test('nothing is loaded until the element is visible, or is asked to fit', async ({
  page,
  open,
  cdn,
  requests,
  waitFor,
}) => {
  const glasses = `${cdn}/glasses/quill.png`;
  const loaded = () => requests.filter((url) => isPackageFile(url) || url === glasses);
  await open(`
    <stgan-try-on hidden id="asked" photo="helen.jpg" glasses="${glasses}"></stgan-try-on>
    <stgan-try-on hidden id="shown" photo="mei.jpg" glasses="${glasses}"></stgan-try-on>`);
  const states = await page.evaluate(async () => {
    await customElements.whenDefined('stgan-try-on');
    for (let i = 0; i < 3; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
    return [...document.querySelectorAll('stgan-try-on')].map(({ state }) => state);
  });
  expect(states).toEqual(['idle', 'idle']);
  expect(loaded()).toEqual([]);
  const detail = await page.evaluate(() => document.querySelector('#asked').fit());
  expect(detail).toMatchObject({ selected: 0, width: 960, height: 1200 });
  expect(requests.filter(isPackageFile).length).toBe(3);
  expect(await page.evaluate(() => document.querySelector('#shown').state)).toBe('idle');
  await page.evaluate(() => (document.querySelector('#shown').hidden = false));
  await waitFor('stgan-fit', 'shown');
});

test('two elements share the package, and each shows its own photo', async ({ page, open, cdn, requests, waitFor }) => {
  await open(`
    <stgan-try-on id="a" photo="helen.jpg" glasses="${cdn}/glasses/quill.png"></stgan-try-on>
    <stgan-try-on id="b" photo="mei.jpg" glasses="${cdn}/glasses/noon.png"></stgan-try-on>`);
  await page.evaluate(() =>
    Promise.all([...document.querySelectorAll('stgan-try-on')].map((element) => element.fit())),
  );
  await waitFor('stgan-fit', 'a');
  await waitFor('stgan-fit', 'b');
  expect(requests.filter(isPackageFile).length).toBe(3);
});

test('the list of glasses is switched with the keyboard', async ({ page, open, cdn, axe, waitFor }) => {
  await open(`<stgan-try-on photo="helen.jpg"></stgan-try-on>`);
  await page.evaluate((cdn) => {
    const names = ['Harbour', 'Quill', 'Noon'];
    document.querySelector('stgan-try-on').glasses = names.map((label) => ({
      label,
      image: `${cdn}/glasses/${label.toLowerCase()}.png`,
    }));
  }, cdn);
  await waitFor('stgan-fit');
  await expect(page.getByRole('group', { name: 'Glasses' }).getByRole('radio')).toHaveCount(3);
  await page.getByRole('radio', { name: 'Harbour' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: 'Quill' })).toBeFocused();
  await expect(page.getByRole('radio', { name: 'Quill' })).toBeChecked();
  await page.waitForFunction(() => window.events.some(({ type, selected }) => type === 'stgan-fit' && selected === 1));
  await page.evaluate(() => document.querySelector('main').setAttribute('dir', 'rtl'));
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('radio', { name: 'Noon' })).toBeChecked();
  await page.waitForFunction(() => window.events.some(({ type, selected }) => type === 'stgan-fit' && selected === 2));
  expect(await axe()).toEqual([]);
  await page.screenshot({ path: 'target/element/rtl.png', fullPage: true });
});

test('errors are announced, and the next photo replaces them', async ({ page, open, cdn, axe, waitFor }) => {
  const alert = page.getByRole('alert');
  await open(`<stgan-try-on photo="missing.jpg" glasses="${cdn}/glasses/quill.png"></stgan-try-on>`);
  expect((await waitFor('stgan-error')).code).toBe('fetch');
  await expect(alert).toHaveText('A file could not be loaded. Check the connection, then try again.');
  expect(await axe()).toEqual([]);
  const fail = (photo) =>
    page.evaluate(async (photo) => {
      const element = document.querySelector('stgan-try-on');
      element.photo = photo ?? new ImageData(64, 64);
      return element.fit().catch(({ code }) => code);
    }, photo);
  expect(await fail(null)).toBe('no-face');
  await expect(alert).toHaveText('No face was found in the photo. Choose another one.');
  await page.getByRole('button', { name: 'Choose a photo' }).isVisible();
  await page.evaluate(() => (document.querySelector('stgan-try-on').photo = 'mei.jpg'));
  await waitFor('stgan-fit');
  await expect(alert).toHaveText('');
  expect(await fail('missing-too.jpg')).toBe('fetch');
  await page.evaluate(() => {
    document.querySelector('stgan-try-on').setAttribute('placement', 'left');
    document.querySelector('stgan-try-on').photo = 'mei.jpg';
  });
  await page.waitForFunction(() => window.events.some(({ code }) => code === 'placement'));
});

test('the button opens a photo of the user', async ({ page, open, cdn, waitFor, shop }) => {
  await open(`<stgan-try-on glasses="${cdn}/glasses/quill.png"><p>Try them on</p></stgan-try-on>`);
  await expect(page.getByText('Try them on')).toBeVisible();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a photo' }).click();
  const body = await (await fetch(`${shop.url}/mateo.jpg`)).arrayBuffer();
  await (await chooser).setFiles({ name: 'me.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(body) });
  await waitFor('stgan-fit');
  await expect(page.getByText('Try them on')).toBeHidden();
  const result = await page.evaluate(async () => {
    const element = document.querySelector('stgan-try-on');
    const [image, file] = [await element.composite(), await element.snapshot('image/jpeg')];
    return [image.width, image.height, file.type, file.size > 10_000];
  });
  expect(result).toEqual([960, 1200, 'image/jpeg', true]);
});

test('a removed element stops, and works again when it is back', async ({ page, open, cdn, waitFor }) => {
  await open(`<stgan-try-on photo="helen.jpg" glasses="${cdn}/glasses/quill.png"></stgan-try-on>`);
  await waitFor('stgan-fit');
  const result = await page.evaluate(async () => {
    const element = document.querySelector('stgan-try-on');
    const running = (() => {
      element.photo = 'mei.jpg';
      return element.fit().catch(({ code }) => code);
    })();
    element.remove();
    const removed = { code: await running, state: element.state };
    const outside = await element.fit().catch(({ code }) => code);
    window.events.length = 0;
    document.querySelector('main').append(element);
    return { removed, outside };
  });
  expect(result).toEqual({ removed: { code: 'aborted', state: 'idle' }, outside: 'argument' });
  await waitFor('stgan-fit');
  expect(await differsFromPhoto(page, 'mei.jpg')).toBe(true);
});

test('attributes and properties agree, and early properties are kept', async ({ page, open, shop, cdn }) => {
  shop.texts['/early'] = '<!doctype html><stgan-try-on></stgan-try-on>';
  await page.goto(`${shop.url}/early`);
  const early = await page.evaluate(async (cdn) => {
    const element = document.querySelector('stgan-try-on');
    Object.assign(element, { mode: 'live', photo: new Blob(['x']), texts: { start: 'Go' } });
    await import(`${cdn}/stgan/dist/element/index.js`);
    const button = element.shadowRoot.querySelector('[part~=camera]');
    return [
      element.getAttribute('mode'),
      element.photo instanceof Blob,
      button.querySelector('[name=start]').textContent,
      button.checkVisibility(),
    ];
  }, cdn);
  expect(early).toEqual(['live', true, 'Go', true]);
  await open('');
  const result = await page.evaluate(async () => {
    const element = document.createElement('stgan-try-on');
    Object.assign(element, { mode: 'live', camera: 'environment', mirror: true, selected: 2, appearance: 'dark' });
    const attributes = ['mode', 'camera', 'mirror', 'selected', 'appearance'].map((name) => element.getAttribute(name));
    element.setAttribute('placement', '1 2 3 4');
    const placement = element.placement;
    element.photo = 'a.jpg';
    const photo = element.getAttribute('photo');
    element.photo = new Blob(['x']);
    const object = [element.getAttribute('photo'), element.photo instanceof Blob];
    element.setAttribute('photo', 'b.jpg');
    return { attributes, placement, photo, object, last: element.photo };
  });
  expect(result).toEqual({
    attributes: ['live', 'environment', '', '2', 'dark'],
    placement: { x: 1, y: 2, width: 3, rotation: 4 },
    photo: 'a.jpg',
    object: [null, true],
    last: 'b.jpg',
  });
});

test('texts can be translated, and slots replace the labels of buttons', async ({ page, open }) => {
  await open('<stgan-try-on><b slot="choose">Your photo</b><button slot="controls">Buy</button></stgan-try-on>');
  await expect(page.getByRole('button', { name: 'Your photo' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Buy' })).toBeVisible();
  await page.evaluate(() => {
    const element = document.createElement('stgan-try-on');
    element.texts = { choose: 'Foto wählen' };
    document.querySelector('main').append(element);
  });
  await expect(page.getByRole('button', { name: 'Foto wählen' })).toBeVisible();
});
