/**
 * Entry point: starts the workers and the downloads as soon as this script is there, while the
 * browser still reads and lays out the page. The other code of the page follows.
 */
import './styles/base.css';
import './styles/layout.css';
import './styles/viewer.css';
import './styles/live.css';
import './styles/controls.css';
import './styles/panel.css';
import './styles/dialogs.css';
import './styles/panes.css';
import './styles/review.css';
import { Model } from './editor/model.ts';
import { type Gallery, loadGallery } from './gallery.ts';
import { ImageClient } from './image-client.ts';
import { missingFeature } from './messages.ts';
import { pause } from './schedule.ts';
import { prefetch } from './sources.ts';

/** What is being loaded when the page starts. */
export interface Started {
  readonly model: Model;
  readonly images: ImageClient;
  readonly gallery: Promise<Gallery>;
}

const started = missingFeature() ? null : start();

function start(): Started {
  const model = new Model('glasses');
  const images = new ImageClient();
  const gallery = loadGallery();
  gallery.then(
    ({ portraits, glasses }) => {
      for (const first of [portraits[0], glasses[0]]) if (first) prefetch(first.source);
    },
    // The page says so when it lists the gallery.
    () => {},
  );
  return { model, images, gallery };
}

/** Waits until the page has its elements and its layout. */
async function ready(): Promise<void> {
  if (document.readyState === 'loading')
    await new Promise((resolve) => addEventListener('DOMContentLoaded', resolve, { once: true }));
  const pending = [...document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')].filter(
    ({ sheet }) => !sheet,
  );
  await Promise.all(
    pending.map(
      (link) =>
        new Promise((resolve) => {
          for (const event of ['load', 'error']) link.addEventListener(event, resolve, { once: true });
        }),
    ),
  );
}

async function open(): Promise<void> {
  const [{ startPage }] = await Promise.all([import('./main.ts'), ready()]);
  await pause();
  await startPage(started);
}

void open();
