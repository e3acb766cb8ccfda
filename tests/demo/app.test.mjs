/** The demo as an installed app: its manifest, its service worker, and sharing. */
import { join } from 'node:path';
import { serve } from '../../scripts/preview.mjs';
import { root } from '../../scripts/project.mjs';
import { test as base, expect } from './fixtures.mjs';
import { pngSize, productPhoto } from './images.mjs';
import { chooseFile, fitted, notice, state } from './site.mjs';

const test = base.extend({
  /** A server that a test can stop. */
  server: async ({}, use) => {
    const server = await serve(process.env.STGAN_SITE ?? join(root, 'site'), '/try-on/');
    let running = true;
    const stop = async () => {
      if (running) await server.close();
      running = false;
    };
    await use({ url: server.url, stop });
    await stop();
  },
});

/** Waits until the service worker has stored the shown photo. */
const stored = (page) =>
  expect
    .poll(() =>
      page.evaluate(async () => {
        const keys = await (await caches.open('gallery')).keys();
        return keys.map(({ url }) => url.split('.').at(-1)).sort();
      }),
    )
    .toEqual(expect.arrayContaining(['jpg', 'png']));

/** Waits until the package has stored this many of its files. */
const kept = (page, count) =>
  expect.poll(() => page.evaluate(async () => (await (await caches.open('stgan')).keys()).length)).toBe(count);

test('the manifest makes the page installable', async ({ page }) => {
  await page.goto('./');
  const { manifest, start, icons } = await page.evaluate(async () => {
    const { href } = document.querySelector('link[rel="manifest"]');
    const content = await (await fetch(href)).json();
    const icons = content.icons.map(async ({ src, sizes, type }) => {
      const response = await fetch(new URL(src, href));
      const bytes = Array.from(new Uint8Array(await response.arrayBuffer()));
      return { sizes, type, served: response.headers.get('content-type'), bytes };
    });
    return { manifest: content, start: new URL(content.start_url, href).href, icons: await Promise.all(icons) };
  });
  expect(manifest).toMatchObject({ display: 'standalone', name: expect.any(String), short_name: expect.any(String) });
  expect(start).toBe(await page.evaluate(() => location.href));
  for (const { sizes, type, served, bytes } of icons) {
    expect(pngSize(Buffer.from(bytes)).join('x')).toBe(sizes);
    expect(served).toBe(type);
  }
  expect(icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(['192x192', '512x512']));
});

test.describe('without a connection', () => {
  test.use({ expectsErrors: true });

  test('the page opens, fits the glasses, and explains what it cannot load', async ({ page, server }) => {
    await page.goto(server.url);
    await fitted(page);
    await stored(page);
    await kept(page, 2);
    await server.stop();
    await page.reload();
    await fitted(page);
    const { glasses } = await state(page);
    const other = page.locator('#glasses-list button[aria-pressed="false"]').last();
    await other.click();
    await notice(page, /could not be loaded.*connection/);
    expect((await state(page)).glasses).toBe(glasses);
    await page.click('#reset');
    await page.waitForSelector('main[data-state="placed"]');
    await page.click('#fit');
    await fitted(page);
  });

  test('backgrounds of product photos are removed if one was removed before', async ({ page, server }) => {
    const open = async () => {
      await chooseFile(page, '#glasses-file', 'harbour.png', 'image/png', await productPhoto());
      await page.waitForSelector('#review[open][data-view="review"]');
    };
    await page.goto(server.url);
    await fitted(page);
    await stored(page);
    await open();
    await kept(page, 3);
    await server.stop();
    await page.reload();
    await fitted(page);
    await open();
  });
});

test.describe('where the browser can share files', () => {
  test('the image is passed to another app as a file', async ({ page }) => {
    await page.addInitScript(() => {
      navigator.canShare = ({ files }) => files.length === 1;
      navigator.share = async ({ files: [{ name, type, size }] }) => {
        window.shared = { name, type, size };
      };
    });
    await page.goto('./');
    await fitted(page);
    await page.getByRole('button', { name: 'Share' }).click();
    await page.getByRole('status').filter({ hasText: 'Shared' }).waitFor();
    const { name, type, size } = await page.evaluate(() => window.shared);
    expect(name).toMatch(/\.jpe?g$/);
    expect(type).toBe('image/jpeg');
    expect(size).toBeGreaterThan(10_000);
  });

  test('a dismissed dialog is no failure', async ({ page }) => {
    await page.addInitScript(() => {
      navigator.canShare = () => true;
      navigator.share = () => Promise.reject(new DOMException('dismissed', 'AbortError'));
    });
    await page.goto('./');
    await fitted(page);
    const share = page.getByRole('button', { name: 'Share' });
    await share.click();
    await expect(share).not.toHaveAttribute('data-busy', 'true');
    await expect(page.locator('.notice')).toBeHidden();
  });
});

test('without sharing there is no button for it', async ({ page }) => {
  await page.addInitScript(() => {
    navigator.canShare = undefined;
  });
  await page.goto('./');
  await fitted(page);
  await expect(page.locator('#share')).toBeHidden();
});
