/** Puts the page together: finds its parts, connects them, and shows the first face. */
import './styles/base.css';
import './styles/layout.css';
import './styles/stage.css';
import './styles/live.css';
import './styles/controls.css';
import './styles/panel.css';
import './styles/overlays.css';
import { allFrames } from './all-frames.ts';
import { announcer, reveal } from './announce.ts';
import { camera } from './camera.ts';
import { frameStrip, type Gallery, loadGallery, photoStrip } from './catalogue.ts';
import { Client } from './client.ts';
import { controls } from './controls.ts';
import { details } from './details.ts';
import { downloads } from './download.ts';
import { faceMarks } from './faces.ts';
import { keyMove, listen } from './gestures.ts';
import { hasCamera, Live } from './live.ts';
import { missingFeature } from './messages.ts';
import { Session } from './session.ts';
import { dropping, type Inlet, pasting, picker } from './sources.ts';
import { Stage } from './stage.ts';
import { type PhotoChoice, type State, Store } from './state.ts';
import { tabs } from './tabs.ts';

function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no #${id}`);
  return element;
}
const button = (id: string): HTMLButtonElement => byId(id, HTMLButtonElement);
const first = (selector: string): HTMLElement => document.querySelector<HTMLElement>(selector)!;

const announce = announcer(first('.status'), first('.notice'));
const missing = missingFeature();
if (missing) announce.warn(missing);
else start();

function start(): void {
  const store = new Store();
  const stage = new Stage(byId('stage', HTMLElement));
  // The worker reports once this script has run: the session is there by then.
  const client = new Client((event) => session.receive(event));
  const session = new Session(store, client, stage, announce);
  const gallery = loadGallery();

  connectStage(store, stage, session);
  connectSources(store, session);
  controls(store, session, {
    fit: button('fit'),
    steps: byId('steps', HTMLInputElement),
    stepName: byId('step-name', HTMLOutputElement),
    ticks: byId('ticks', HTMLElement),
    bare: button('bare'),
    reset: button('reset'),
  });
  downloads(store, client, announce, [button('png'), button('jpeg')], byId('size', HTMLElement));
  details(store, {
    matrix: byId('matrix', HTMLElement),
    matrixStep: byId('matrix-step', HTMLElement),
    table: byId('updates', HTMLTableElement),
    times: byId('times', HTMLElement),
    empty: byId('updates-empty', HTMLElement),
  });
  allFrames(
    store,
    client,
    {
      open: button('all-frames'),
      dialog: byId('all-dialog', HTMLDialogElement),
      grid: byId('all-grid', HTMLElement),
      note: byId('all-note', HTMLElement),
    },
    (frame) => void session.chooseFrame(frame, { fit: true }),
  );
  faceMarks(store, session, byId('faces', HTMLElement));
  connectLive(store, client);
  reflect(store);
  void open(gallery, store, session);
}

/** The first face, and the first fit as soon as all is there. */
async function open(loading: Promise<Gallery>, store: Store, session: Session): Promise<void> {
  let gallery: Gallery;
  try {
    gallery = await loading;
  } catch {
    announce.warn({
      title: 'The sample portraits and frames could not be loaded.',
      advice: 'Check the connection and reload the page, or use a photo and a frame of your own.',
      action: { label: 'Reload', run: () => location.reload() },
    });
    return;
  }
  store.update({
    frames: [...store.state.frames, ...gallery.frames],
    photos: [...store.state.photos, ...gallery.photos],
  });
  const [photo, frame] = [gallery.photos[0], gallery.frames[0]];
  if (!photo || !frame) return;
  // Somebody may have been quicker, with pictures of their own.
  const opened = await Promise.all([
    store.state.photo ? false : session.openPhoto(photo),
    store.state.frame ? false : session.chooseFrame(frame),
  ]);
  if (opened.every(Boolean) && !store.state.moved) await session.fit();
}

function connectStage(store: Store, stage: Stage, session: Session): void {
  const { element, handle } = stage;
  listen(element, handle, {
    placement: () => session.held,
    toPhoto: (x, y) => stage.toPhoto(x, y),
    onFrame: (x, y) => stage.onFrame(x, y),
    move: (placement) => session.place(placement),
    rest: () => session.rest(),
  });
  element.addEventListener('keydown', (event) => {
    const { photo } = store.state;
    const held = session.held;
    if (!photo || !held || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter') void session.fit();
    else if (event.key === 'Home') session.reset();
    else {
      const moved = keyMove(held, event.key, event.shiftKey, Math.min(photo.info.width, photo.info.height));
      if (!moved) return;
      session.place(moved);
      session.rest();
    }
    event.preventDefault();
  });
}

function connectLive(store: Store, client: Client): void {
  const list = byId('tabs', HTMLElement);
  if (!hasCamera()) {
    list.hidden = true;
    return;
  }
  tabs(store, list);
  new Live(store, client, announce, {
    view: byId('live', HTMLElement),
    canvas: byId('live-canvas', HTMLCanvasElement),
    words: first('.live-words'),
    switch: button('live-switch'),
    shoot: button('live-shoot'),
    mirror: button('live-mirror'),
    everyone: button('live-everyone'),
    speed: byId('live-speed', HTMLElement),
  });
}

function connectSources(store: Store, session: Session): void {
  let own = 0;
  // On small screens photos are chosen further down the page than they are seen.
  const openPhoto = async (choice: PhotoChoice): Promise<boolean> => {
    const opened = await session.openPhoto(choice);
    if (!opened) return false;
    store.update({ mode: 'photo' });
    reveal(byId('stage', HTMLElement));
    return true;
  };
  const inlet: Inlet = {
    async photo(blob, name) {
      const choice = { id: `own-photo-${++own}`, name, source: { blob }, thumbnail: URL.createObjectURL(blob) };
      if (await openPhoto(choice)) store.update({ photos: [choice, ...store.state.photos] });
      else URL.revokeObjectURL(choice.thumbnail);
    },
    async frame(blob, name) {
      const choice = {
        id: `own-frame-${++own}`,
        name,
        kind: 'your own',
        source: { blob },
        thumbnail: URL.createObjectURL(blob),
      };
      if (await session.chooseFrame(choice, { own: true })) store.update({ frames: [choice, ...store.state.frames] });
      else URL.revokeObjectURL(choice.thumbnail);
    },
  };
  picker(button('own-photo'), byId('photo-file', HTMLInputElement), (file) => inlet.photo(file, file.name));
  picker(button('own-frame'), byId('frame-file', HTMLInputElement), (file) => inlet.frame(file, file.name));
  dropping(byId('drop', HTMLElement), inlet);
  pasting(inlet);
  camera(
    {
      open: button('camera'),
      dialog: byId('camera-dialog', HTMLDialogElement),
      video: byId('video', HTMLVideoElement),
      shoot: button('shoot'),
    },
    announce,
    (photo, name) => inlet.photo(photo, name),
  );
  frameStrip(store, byId('frames', HTMLElement), (frame) => void session.chooseFrame(frame));
  photoStrip(store, byId('photos', HTMLElement), (photo) => void openPhoto(photo));
}

/** The state as attributes of the page: what styles and tests go by. */
function reflect(store: Store): void {
  const main = first('main');
  const hint = first('.hint');
  store.subscribe((state) => {
    const { mode, live, phase, homography, step, fit, exact, photo, faces, frame, placement, bare, model } = state;
    const attributes: Record<string, string> = {
      mode,
      live: live.phase,
      liveHomography: live.homographies[0] ? JSON.stringify(live.homographies[0]) : '',
      faces: String(faces.length),
      state: phase,
      model: String(model !== null),
      exact: String(exact),
      bare: String(bare),
      step: String(step),
      steps: String(fit?.updates.length ?? 0),
      photo: photo?.choice.id ?? '',
      frame: frame?.choice.id ?? '',
      box: frame ? JSON.stringify(frame.info.box) : '',
      homography: homography ? JSON.stringify(Array.from(homography)) : '',
      placement: placement ? JSON.stringify(placement) : '',
    };
    for (const [name, value] of Object.entries(attributes)) {
      if (main.dataset[name] !== value) main.dataset[name] = value;
    }
    const words = hintFor(state);
    if (hint.textContent !== words) hint.textContent = words;
  });
}

function hintFor({ phase, moved, photo }: State): string {
  if (phase !== 'placed' || !photo || moved) return '';
  return matchMedia('(pointer: coarse)').matches
    ? 'Drag onto the eyes, pinch to size'
    : 'Drag onto the eyes, scroll to size';
}
