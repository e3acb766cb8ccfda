/** Entry point: connects the elements of the page and opens the first portrait. */
import './styles/base.css';
import './styles/layout.css';
import './styles/viewer.css';
import './styles/live.css';
import './styles/controls.css';
import './styles/panel.css';
import './styles/dialogs.css';
import './styles/panes.css';
import './styles/review.css';
import { allGlasses } from './all-glasses.ts';
import { announcer, reveal } from './announce.ts';
import { camera } from './camera.ts';
import { type Gallery, glassesStrip, loadGallery, photoStrip } from './catalogue.ts';
import { controls } from './controls.ts';
import { details } from './details.ts';
import { downloads } from './download.ts';
import { faceMarkers } from './faces.ts';
import { keyMove, listen } from './gestures.ts';
import { GlassesCache } from './glasses-cache.ts';
import { ImageClient } from './image-client.ts';
import { hasCamera, Live } from './live.ts';
import { galleryNotice, missingFeature } from './messages.ts';
import { Model } from './model.ts';
import { workOffline } from './offline.ts';
import { OwnGlasses } from './own-glasses.ts';
import { pasting } from './pasting.ts';
import { Review } from './review.ts';
import { Session, type SessionParts } from './session.ts';
import { dropping, type ImageInput, picker } from './sources.ts';
import { type PhotoChoice, type State, Store } from './state.ts';
import { tabs } from './tabs.ts';
import { Viewer } from './viewer.ts';

function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no #${id}`);
  return element;
}
const button = (id: string): HTMLButtonElement => byId(id, HTMLButtonElement);
const query = (selector: string): HTMLElement => document.querySelector<HTMLElement>(selector)!;

const announce = announcer(query('.status'), query('.notice'));
const missing = missingFeature();
if (missing) announce.notify(missing);
else start();

function start(): void {
  const store = new Store();
  const viewer = new Viewer(byId('viewer', HTMLElement));
  // The model reports its first event after this script has run, when `session` exists.
  const model = new Model({
    progress: (progress) => store.set({ progress }),
    loaded: (info) => session.modelLoaded(info),
    failed: (error) => session.modelFailed(error),
  });
  const images = new ImageClient();
  const parts: SessionParts = { store, model, images, cache: new GlassesCache(images), viewer, announce };
  const session = new Session(parts);
  const gallery = loadGallery();

  connectViewer(store, viewer, session);
  connectSources(parts, session, connectRoom(store, images));
  controls(store, session, {
    fit: button('fit'),
    update: byId('update', HTMLInputElement),
    updateName: byId('update-name', HTMLOutputElement),
    ticks: byId('ticks', HTMLElement),
    withoutGlasses: button('without-glasses'),
    reset: button('reset'),
  });
  details(store, {
    matrix: byId('matrix', HTMLElement),
    matrixUpdate: byId('matrix-update', HTMLElement),
    table: byId('updates-table', HTMLTableElement),
    metrics: byId('metrics', HTMLElement),
    empty: byId('updates-empty', HTMLElement),
  });
  allGlasses(
    parts,
    {
      open: button('all-glasses'),
      dialog: byId('all-dialog', HTMLDialogElement),
      grid: byId('all-grid', HTMLElement),
      note: byId('all-note', HTMLElement),
    },
    (glasses) => void session.chooseGlasses(glasses, { fit: true }),
  );
  faceMarkers(store, session, byId('faces', HTMLElement));
  const live = connectLive(parts);
  downloads(parts, live, {
    save: [button('png'), button('jpeg')],
    share: button('share'),
    size: byId('size', HTMLElement),
  });
  reflect(store);
  void open(gallery, store, session).then(() => workOffline(shownAddresses(store)));
}

/** The addresses of the photo and the glasses that are shown. */
function shownAddresses({ state: { photo, glasses } }: Store): string[] {
  return [photo, glasses].flatMap((shown) => (shown && 'url' in shown.choice.source ? [shown.choice.source.url] : []));
}

/** Opens the first portrait and glasses, and fits them when both are loaded. */
async function open(loading: Promise<Gallery>, store: Store, session: Session): Promise<void> {
  let gallery: Gallery;
  try {
    gallery = await loading;
  } catch {
    announce.notify(galleryNotice(() => location.reload()));
    return;
  }
  store.set({
    glassesChoices: [...store.state.glassesChoices, ...gallery.glassesChoices],
    photoChoices: [...store.state.photoChoices, ...gallery.photoChoices],
  });
  const [photo, glasses] = [gallery.photoChoices[0], gallery.glassesChoices[0]];
  if (!photo || !glasses) return;
  // The user may already have added a photo or glasses.
  const opened = await Promise.all([
    store.state.photo ? false : session.openPhoto(photo),
    store.state.glasses ? false : session.chooseGlasses(glasses),
  ]);
  if (opened.every(Boolean) && !store.state.moved) await session.fit();
}

function connectViewer(store: Store, viewer: Viewer, session: Session): void {
  const { element, handle } = viewer;
  listen(element, handle, {
    placement: () => session.currentPlacement,
    toPhoto: (x, y) => viewer.toPhoto(x, y),
    onGlasses: (x, y) => viewer.onGlasses(x, y),
    move: (placement) => session.place(placement),
    end: () => session.announcePlacement(),
  });
  element.addEventListener('keydown', (event) => {
    const { photo } = store.state;
    const placement = session.currentPlacement;
    if (!photo || !placement || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter') void session.fit();
    else if (event.key === 'Home') session.reset();
    else {
      const moved = keyMove(placement, event.key, event.shiftKey, Math.min(photo.info.width, photo.info.height));
      if (!moved) return;
      session.place(moved);
      session.announcePlacement();
    }
    event.preventDefault();
  });
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
function connectRoom(store: Store, images: ImageClient): () => Promise<ImageInput> {
  let starting: Promise<ImageInput> | undefined;
  const start = (): Promise<ImageInput> => {
    starting ??= import('./room/index.ts').then(({ startRoom }) => {
      const input = startRoom(images);
      // Shows the parts of the tab, which the page has now.
      store.set({});
      return input;
    });
    starting.catch(() => (starting = undefined));
    return starting;
  };
  store.subscribe(({ mode }) => {
    if (mode === 'room') start().catch(() => announce.notify(galleryNotice(() => location.reload())));
  });
  return start;
}

function connectSources(parts: SessionParts, session: Session, room: () => Promise<ImageInput>): void {
  const { store } = parts;
  let ownPhotos = 0;
  const ownGlasses = connectOwnGlasses(parts, session);
  // On small screens the list of photos is below the viewer: scroll up to the result.
  const openPhoto = async (choice: PhotoChoice): Promise<boolean> => {
    const opened = await session.openPhoto(choice);
    if (!opened) return false;
    store.set({ mode: 'photo' });
    reveal(byId('viewer', HTMLElement));
    return true;
  };
  const input: ImageInput = {
    async photo(blob, name) {
      const choice = { id: `own-photo-${++ownPhotos}`, name, source: { blob }, thumbnail: URL.createObjectURL(blob) };
      if (await openPhoto(choice)) store.set({ photoChoices: [choice, ...store.state.photoChoices] });
      else URL.revokeObjectURL(choice.thumbnail);
    },
    glasses: (blob, name) => void ownGlasses.open(blob, name),
  };
  picker(button('own-photo'), byId('photo-file', HTMLInputElement), (file) => input.photo(file, file.name));
  picker(button('own-glasses'), byId('glasses-file', HTMLInputElement), (file) => input.glasses(file, file.name));
  const routed: ImageInput = {
    photo: (blob, name) => void current().then((tab) => tab.photo(blob, name)),
    glasses: (blob, name) => void current().then((tab) => tab.glasses(blob, name)),
  };
  const current = async (): Promise<ImageInput> => (store.state.mode === 'room' ? room() : input);
  dropping(byId('drop-zones', HTMLElement), routed);
  pasting(routed, {
    dialog: byId('paste-dialog', HTMLDialogElement),
    image: byId('pasted-image', HTMLImageElement),
    photo: button('paste-photo'),
    glasses: button('paste-glasses'),
  });
  camera(
    {
      open: button('camera'),
      dialog: byId('camera-dialog', HTMLDialogElement),
      video: byId('video', HTMLVideoElement),
      takePhoto: button('take-photo'),
    },
    announce,
    (photo, name) => input.photo(photo, name),
  );
  glassesStrip(store, byId('glasses-list', HTMLElement), (glasses) => void session.chooseGlasses(glasses));
  photoStrip(store, byId('photo-list', HTMLElement), (photo) => void openPhoto(photo));
}

function connectOwnGlasses(parts: SessionParts, session: Session): OwnGlasses {
  const review = new Review({
    dialog: byId('review', HTMLDialogElement),
    title: byId('review-title', HTMLElement),
    name: byId('review-name', HTMLElement),
    editor: byId('review-editor', HTMLElement),
    original: byId('review-original', HTMLElement),
    cutOut: byId('review-cut-out', HTMLElement),
    skin: button('review-skin'),
    findings: byId('review-findings', HTMLElement),
    tools: byId('review-tools', HTMLElement),
    amount: byId('review-amount', HTMLInputElement),
    amountName: byId('review-amount-name', HTMLElement),
    undo: button('review-undo'),
    refusal: byId('review-refusal', HTMLElement),
    refused: byId('refused-image', HTMLImageElement),
    reason: byId('refusal-reason', HTMLElement),
    advice: byId('refusal-advice', HTMLElement),
    status: byId('review-status', HTMLElement),
    another: button('review-another'),
    save: button('review-save'),
    byHand: button('review-by-hand'),
    cancel: button('review-cancel'),
    use: button('review-use'),
  });
  const elements = {
    add: button('own-glasses'),
    bar: byId('own-bar', HTMLElement),
    note: byId('own-note', HTMLElement),
    edit: button('edit-cut-out'),
  };
  const chooseFile = (): void => byId('glasses-file', HTMLInputElement).click();
  return new OwnGlasses(parts, session, review, elements, chooseFile);
}

/** Writes the state to `data-*` attributes of `<main>`, for styles and tests. */
function reflect(store: Store): void {
  const main = query('main');
  const hint = query('.hint');
  store.subscribe((state) => {
    const {
      mode,
      live,
      phase,
      homography,
      update,
      fit,
      exact,
      photo,
      faces,
      glasses,
      placement,
      withoutGlasses,
      model,
    } = state;
    const attributes: Record<string, string> = {
      mode,
      live: live.phase,
      liveHomography: live.homographies[0] ? JSON.stringify(live.homographies[0]) : '',
      faces: String(faces.length),
      state: phase,
      model: String(model !== null),
      exact: String(exact),
      withoutGlasses: String(withoutGlasses),
      update: String(update),
      updates: String(fit?.fit.updates.length ?? 0),
      photo: photo?.choice.id ?? '',
      glasses: glasses?.choice.id ?? '',
      box: glasses ? JSON.stringify(glasses.info.box) : '',
      homography: homography ? JSON.stringify(Array.from(homography)) : '',
      placement: placement ? JSON.stringify(placement) : '',
    };
    for (const [name, value] of Object.entries(attributes)) {
      if (main.dataset[name] !== value) main.dataset[name] = value;
    }
    const text = hintFor(state);
    if (hint.textContent !== text) hint.textContent = text;
  });
}

function hintFor({ phase, moved, photo }: State): string {
  if (phase !== 'placed' || !photo || moved) return '';
  return matchMedia('(pointer: coarse)').matches
    ? 'Drag onto the eyes, pinch to resize'
    : 'Drag onto the eyes, scroll to resize';
}
