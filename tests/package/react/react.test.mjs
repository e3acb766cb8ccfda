/** `stgan/react` of the packed package: an application in strict mode, and a server. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@playwright/test';
import { serve } from '../../../scripts/preview.mjs';
import { root } from '../../../scripts/project.mjs';
import { test as base } from '../../fixtures.mjs';
import { project } from '../consumer.mjs';

const GALLERY = join(root, 'www', 'public', 'gallery');

const test = base.extend({
  /** A project with React and the package. */
  consumer: [
    async ({}, use) => {
      const consumer = project();
      for (const name of ['react', 'react-dom', 'scheduler'])
        cpSync(join(root, 'node_modules', name), join(consumer.folder, 'node_modules', name), { recursive: true });
      for (const file of ['index.html', 'main.jsx'])
        cpSync(fileURLToPath(new URL(file, import.meta.url)), join(consumer.folder, file));
      for (const file of ['portraits/helen.jpg', 'portraits/mei.jpg', 'glasses/quill.png', 'glasses/noon.png'])
        cpSync(join(GALLERY, file), join(consumer.folder, 'public', file.replace(/.*\//, '')));
      await use(consumer);
      consumer.remove();
    },
    { scope: 'worker' },
  ],

  /** The address of the built application. */
  address: [
    async ({ consumer }, use) => {
      consumer.tool('vite/bin/vite.js', 'build', '--base', './', '--logLevel', 'warn');
      const server = await serve(join(consumer.folder, 'dist'));
      await use(server.url);
      await server.close();
    },
    { scope: 'worker' },
  ],
});

test('a component in strict mode fits, follows its properties and cleans up', async ({ page, address }) => {
  const errors = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  const downloads = [];
  page.on('request', (request) => downloads.push(request.url()));
  const workers = [];
  page.on('worker', (worker) => workers.push(worker));
  await page.goto(address);
  const waitFor = (...entry) =>
    page.waitForFunction((entry) => window.log.some((other) => `${other}` === entry), `${entry}`);
  await waitFor('fit', 0);
  await waitFor('ready', true);
  await expect(page.getByTestId('faces')).toHaveText('1 found');
  expect(workers.length, 'the element and the hook share one worker').toBe(1);

  const fits = () => page.evaluate(() => window.log.filter(([type]) => type === 'fit').length);
  const before = await fits();
  await page.evaluate(() => window.setProps({ mirror: true, texts: { choose: 'Another photo' } }));
  await expect(page.getByRole('button', { name: 'Another photo' })).toBeVisible();
  await expect(page.getByRole('img', { name: 'The photo with the glasses' })).toBeVisible();
  await page.evaluate(() => window.setProps({ selected: 1 }));
  await waitFor('fit', 1);
  expect(await fits(), 'equal lists are no change').toBe(before + 1);
  await page.getByRole('radio', { name: 'Glasses 1 of 2' }).check();
  await expect.poll(fits).toBe(before + 2);

  const size = await page.evaluate(async () => {
    const { width, height } = await window.element.current.composite();
    return [width, height, window.element.current.className];
  });
  expect(size).toEqual([960, 1200, 'try-on']);
  await page.evaluate(() => window.setProps({ photo: './missing.jpg' }));
  await waitFor('error', 'fetch');
  await expect(page.getByRole('alert')).toContainText('could not be loaded');

  const ended = workers[0].waitForEvent('close');
  await page.evaluate(() => window.setProps({ isShown: false, enabled: false }));
  await ended;
  const reported = errors.filter((text) => !/missing\.jpg|404/.test(text));
  expect(reported).toEqual([]);
});

test('a server renders the component, and imports the element without a document', ({ consumer }) => {
  const output = consumer.run(`
    import { createElement } from 'react';
    import { renderToString } from 'react-dom/server';
    import { TryOnElement } from 'stgan/element';
    import { TryOn, useTryOn } from 'stgan/react';
    const Hook = () => createElement('i', null, String(useTryOn().tryOn));
    const props = { photo: 'a.jpg', glasses: ['b.png'], className: 'x' };
    console.log(renderToString(createElement('div', null, createElement(TryOn, props, 'wait'), createElement(Hook))));
    console.log(typeof TryOnElement, typeof HTMLElement);
  `);
  expect(output).toBe('<div><stgan-try-on class="x">wait</stgan-try-on><i>null</i></div>\nfunction undefined\n');
});
