/** The page: starts the tabs and opens the first portrait. */
import { announcer } from './announce.ts';
import type { Started } from './boot.ts';
import { resultBar, resultOf } from './editor/result.ts';
import { button, byId } from './elements.ts';
import type { Gallery } from './gallery.ts';
import type { ImageClient } from './image-client.ts';
import { hasCamera, Live } from './live.ts';
import { galleryNotice, missingFeature } from './messages.ts';
import { workOffline } from './offline.ts';
import { pasting } from './pasting.ts';
import { type PhotoTab, startPhoto } from './photo/index.ts';
import type { SessionParts } from './photo/session.ts';
import type { Store } from './photo/state.ts';
import { pause } from './schedule.ts';
import { dropping, type ImageInput } from './sources.ts';
import { tabs } from './tabs.ts';

const query = (selector: string): HTMLElement => document.querySelector<HTMLElement>(selector)!;

const announce = announcer(query('.status'), query('.notice'));

/** Starts the page with what is being loaded; null if the browser lacks a feature. */
export async function startPage(started: Started | null): Promise<void> {
  if (started) await start(started);
  else announce.notify(missingFeature()!);
}

/** On a slow phone, all of it at once would block the page for more than 50 ms. */
async function start({ model, images, gallery }: Started): Promise<void> {
  const photoTab = await startPhoto(model, images, announce);
  const { parts, session, input } = photoTab;
  await pause();
  const { store } = parts;
  const room = connectRoom(store, images, gallery);
  const current = async (): Promise<ImageInput> => (store.state.mode === 'room' ? room() : input);
  connectDropsAndPastes({
    photo: (blob, name) => void current().then((tab) => tab.photo(blob, name)),
    foreground: (blob, name) => void current().then((tab) => tab.foreground(blob, name)),
  });
  await pause();
  const live = connectLive(parts);
  resultBar(parts, '', (state) => (state.mode === 'live' ? (live?.result ?? null) : resultOf(state, session)));
  void open(gallery, photoTab).then(() => workOffline(shownAddresses(store)));
}

/** Opens the first portrait and glasses, and fits them when both are loaded. */
async function open(gallery: Promise<Gallery>, { parts, session }: PhotoTab): Promise<void> {
  let samples: Gallery;
  try {
    samples = await gallery;
  } catch {
    announce.notify(galleryNotice('portraits and glasses', 'photo and glasses', () => location.reload()));
    return;
  }
  const opened = await session.openSamples(samples.portraits, samples.glasses);
  if (opened && !parts.store.state.moved) await session.fit();
}

/** The addresses of the photo and the glasses that are shown. */
function shownAddresses({ state: { photo, foreground } }: Store): string[] {
  return [photo, foreground].flatMap((shown) =>
    shown && 'url' in shown.choice.source ? [shown.choice.source.url] : [],
  );
}

/** The live view, or null without a camera. */
function connectLive(parts: SessionParts): Live | null {
  tabs(parts.store, byId('tabs', HTMLElement));
  if (!hasCamera()) {
    button('tab-live').hidden = true;
    return null;
  }
  return new Live(parts, {
    view: byId('live', HTMLElement),
    canvas: byId('live-canvas', HTMLCanvasElement),
    message: query('.live-message'),
    switch: button('live-switch'),
    capture: button('live-capture'),
    mirror: button('live-mirror'),
    allFaces: button('live-all-faces'),
    speed: byId('live-speed', HTMLElement),
  });
}

/** Loads the room tab when it is first opened. Returns where its images go. */
function connectRoom(store: Store, images: ImageClient, gallery: Promise<Gallery>): () => Promise<ImageInput> {
  let starting: Promise<ImageInput> | undefined;
  const start = (): Promise<ImageInput> => {
    starting ??= import('./room/index.ts').then(({ startRoom }) => {
      const input = startRoom(images, gallery);
      // Shows the parts of the tab, which the page has now.
      store.set({});
      return input;
    });
    starting.catch(() => (starting = undefined));
    return starting;
  };
  store.subscribe(({ mode }) => {
    if (mode !== 'room') return;
    start().catch(() => announce.notify(galleryNotice('rooms', 'room and furniture', () => location.reload())));
  });
  return start;
}

function connectDropsAndPastes(input: ImageInput): void {
  dropping(byId('drop-zones', HTMLElement), input);
  pasting(input, {
    dialog: byId('paste-dialog', HTMLDialogElement),
    image: byId('pasted-image', HTMLImageElement),
    photo: button('paste-photo'),
    glasses: button('paste-glasses'),
  });
}
