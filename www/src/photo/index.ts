/** The photo tab: connects its elements. */
import { type Announcer, reveal } from '../announce.ts';
import { controls } from '../editor/controls.ts';
import { connectViewer } from '../editor/input.ts';
import type { Model } from '../editor/model.ts';
import { type PhotoChoice, reflect } from '../editor/state.ts';
import { tileStrips } from '../editor/tiles.ts';
import { Viewer } from '../editor/viewer.ts';
import { button, byId } from '../elements.ts';
import type { ImageClient } from '../image-client.ts';
import { OwnGlasses } from '../own-glasses.ts';
import { Review } from '../review.ts';
import { pause } from '../schedule.ts';
import { addOwn, type ImageInput, picker } from '../sources.ts';
import { allGlasses } from './all-glasses.ts';
import { camera } from './camera.ts';
import { details } from './details.ts';
import { faceMarkers } from './faces.ts';
import { GlassesCache } from './glasses-cache.ts';
import { Session, type SessionParts } from './session.ts';
import { type State, Store } from './state.ts';

export interface PhotoTab {
  readonly parts: SessionParts;
  readonly session: Session;
  /** Where images of the user go. */
  readonly input: ImageInput;
}

/** Starts the tab. */
export async function startPhoto(model: Model, images: ImageClient, announce: Announcer): Promise<PhotoTab> {
  const store = new Store();
  const viewer = new Viewer(byId('viewer', HTMLElement));
  const parts: SessionParts = { store, model, images, cache: new GlassesCache(images), viewer, announce };
  const session = new Session(parts);
  connectViewer(store, viewer, session);
  await pause();
  const input = connectSources(parts, session);
  await pause();
  controls(store, session, '');
  details(store, {
    matrix: byId('matrix', HTMLElement),
    matrixUpdate: byId('matrix-update', HTMLElement),
    table: byId('updates-table', HTMLTableElement),
    metrics: byId('metrics', HTMLElement),
    empty: byId('updates-empty', HTMLElement),
  });
  await pause();
  allGlasses(
    parts,
    {
      open: button('all-glasses'),
      dialog: byId('all-dialog', HTMLDialogElement),
      grid: byId('all-grid', HTMLElement),
      note: byId('all-note', HTMLElement),
    },
    (glasses) => void session.chooseForeground(glasses, { fit: true }),
  );
  faceMarkers(store, session, byId('faces', HTMLElement));
  reflectPhoto(store, viewer.element);
  return { parts, session, input };
}

function connectSources(parts: SessionParts, session: Session): ImageInput {
  const { store, announce } = parts;
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
    photo: (blob, name) =>
      void addOwn(blob, name, openPhoto, (choice) =>
        store.set({ photoChoices: [choice, ...store.state.photoChoices] }),
      ),
    foreground: (blob, name) => void ownGlasses.open(blob, name),
  };
  picker(button('own-photo'), byId('photo-file', HTMLInputElement), (file) => input.photo(file, file.name));
  picker(button('own-glasses'), byId('glasses-file', HTMLInputElement), (file) => input.foreground(file, file.name));
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
  tileStrips(
    store,
    { photos: byId('photo-list', HTMLElement), foregrounds: byId('glasses-list', HTMLElement) },
    (photo) => void openPhoto(photo),
    (glasses) => void session.chooseForeground(glasses),
  );
  return input;
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

/** Writes the state to `data-*` attributes of `<main>`, and shows the hint. */
function reflectPhoto(store: Store, viewer: HTMLElement): void {
  reflect(store, viewer, document.querySelector('main')!, ({ mode, live, faces, foreground }) => ({
    mode,
    live: live.phase,
    liveHomography: live.homographies[0] ? JSON.stringify(live.homographies[0]) : '',
    faces: String(faces.length),
    glasses: foreground?.choice.id ?? '',
  }));
  const hint = document.querySelector('.hint')!;
  store.subscribe((state) => {
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
