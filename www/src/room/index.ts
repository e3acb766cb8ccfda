/** Entry point of the room tab, loaded when it is opened: connects its elements. */
import './room.css';
import { type Announcer, announcer, reveal } from '../announce.ts';
import { tileStrip } from '../catalogue.ts';
import { drawTicks, fitLabel, pressOrHold } from '../controls.ts';
import { saveFile } from '../download.ts';
import { fileName, formatBytes, updateName } from '../format.ts';
import { keyMove, listen } from '../gestures.ts';
import type { ImageClient } from '../image-client.ts';
import { downloadNotice } from '../messages.ts';
import { Model } from '../model.ts';
import { type ImageInput, picker } from '../sources.ts';
import type { PhotoChoice } from '../state.ts';
import type { Encoding } from '../types.ts';
import { Viewer } from '../viewer.ts';
import { loadRooms } from './gallery.ts';
import { roomsNotice } from './messages.ts';
import { RoomSession } from './session.ts';
import { RoomStore } from './state.ts';

const part = <T extends HTMLElement>(id: string, type: new () => T): T => {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no #${id}`);
  return element;
};
const button = (id: string): HTMLButtonElement => part(id, HTMLButtonElement);

/** Starts the tab: loads the rooms, the furniture and the model. Returns where images go. */
export function startRoom(images: ImageClient): ImageInput {
  for (const template of document.querySelectorAll<HTMLTemplateElement>('template.room-part'))
    template.replaceWith(template.content);
  const area = part('room-area', HTMLElement);
  const store = new RoomStore();
  const announce = announcer(part('room-status', HTMLElement), part('room-notice', HTMLElement));
  const viewer = new Viewer(part('room-viewer', HTMLElement));
  // The model reports its first event after this function has returned once.
  const model = new Model(
    {
      progress: (progress) => store.set({ progress }),
      loaded: (info) => session.modelLoaded(info),
      failed: (error) => session.modelFailed(error),
    },
    'room',
  );
  const session = new RoomSession({ store, model, images, viewer, announce });
  connectViewer(store, viewer, session);
  connectControls(store, session);
  const input = connectSources(store, session, announce);
  connectDownloads(store, session, images, announce);
  reflect(store, area);
  void open(store, session, announce);
  return input;
}

/** Opens the first room and the first piece of furniture. */
async function open(store: RoomStore, session: RoomSession, announce: Announcer): Promise<void> {
  try {
    const { rooms, furniture } = await loadRooms();
    store.set({ photoChoices: rooms, pieceChoices: furniture });
    const [room, piece] = [rooms[0], furniture[0]];
    if (room && piece) await Promise.all([session.openPhoto(room), session.choosePiece(piece)]);
  } catch {
    announce.notify(roomsNotice(() => location.reload()));
  }
}

function connectViewer(store: RoomStore, viewer: Viewer, session: RoomSession): void {
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
    else if (event.key.toLowerCase() === 'm') void session.mirror();
    else {
      const moved = keyMove(placement, event.key, event.shiftKey, Math.min(photo.info.width, photo.info.height));
      if (!moved) return;
      session.place(moved);
      session.announcePlacement();
    }
    event.preventDefault();
  });
}

function connectControls(store: RoomStore, session: RoomSession): void {
  const [fit, empty, reset, mirror, shadow] = ['fit', 'empty', 'reset', 'mirror', 'shadow'].map((name) =>
    button(`room-${name}`),
  ) as [HTMLButtonElement, HTMLButtonElement, HTMLButtonElement, HTMLButtonElement, HTMLButtonElement];
  const slider = part('room-update', HTMLInputElement);
  const name = part('room-update-name', HTMLOutputElement);
  const ticks = part('room-ticks', HTMLElement);
  fit.addEventListener('click', () => void session.fit());
  reset.addEventListener('click', () => session.reset());
  mirror.addEventListener('click', () => void session.mirror());
  shadow.addEventListener('click', () => session.setShadow(!store.state.shadow));
  slider.addEventListener('input', () => void session.goTo(slider.valueAsNumber));
  pressOrHold(
    empty,
    (on) => session.setEmpty(on),
    () => store.state.empty,
  );
  store.subscribe((state) => {
    const { phase, update, photo, piece } = state;
    const count = state.fit?.updates.length ?? 0;
    fit.disabled = !photo || !piece;
    fit.dataset.busy = String(phase === 'fitting');
    fit.querySelector('.label')!.textContent = fitLabel(state);
    slider.disabled = count === 0;
    slider.max = String(Math.max(count, 1));
    slider.value = String(update);
    const text = updateName(count > 0 ? update : 0, count);
    slider.setAttribute('aria-valuetext', text);
    if (name.value !== text) name.value = text;
    drawTicks(ticks, count);
    empty.disabled = !state.homography;
    reset.disabled = !state.moved && phase !== 'fitted';
    mirror.disabled = !piece;
    for (const [toggle, on] of [
      [empty, state.empty],
      [mirror, state.mirrored],
      [shadow, state.shadow],
    ] as const)
      toggle.setAttribute('aria-pressed', String(on));
  });
}

function connectSources(store: RoomStore, session: RoomSession, announce: Announcer): ImageInput {
  let own = 0;
  const openPhoto = async (choice: PhotoChoice): Promise<boolean> => {
    const opened = await session.openPhoto(choice);
    if (opened) reveal(part('room-viewer', HTMLElement));
    return opened;
  };
  const entry = (blob: Blob, name: string) => ({
    id: `own-${++own}`,
    name,
    source: { blob },
    thumbnail: URL.createObjectURL(blob),
  });
  const input: ImageInput = {
    async photo(file, name) {
      const choice = entry(file, name);
      if (await openPhoto(choice)) store.set({ photoChoices: [choice, ...store.state.photoChoices] });
      else URL.revokeObjectURL(choice.thumbnail);
    },
    async glasses(file, name) {
      const choice = entry(file, name);
      announce.clear();
      if (await session.choosePiece(choice)) store.set({ pieceChoices: [choice, ...store.state.pieceChoices] });
      else URL.revokeObjectURL(choice.thumbnail);
    },
  };
  picker(button('own-room'), part('room-file', HTMLInputElement), (file) => input.photo(file, file.name));
  picker(button('own-furniture'), part('furniture-file', HTMLInputElement), (file) => input.glasses(file, file.name));
  tileStrip(
    store,
    part('room-list', HTMLElement),
    (state) => state.photoChoices,
    (state) => state.photo?.choice.id,
    (choice) => void openPhoto(choice),
  );
  tileStrip(
    store,
    part('furniture-list', HTMLElement),
    (state) => state.pieceChoices,
    (state) => state.piece?.choice.id,
    (choice) => void session.choosePiece(choice),
  );
  return input;
}

function connectDownloads(store: RoomStore, session: RoomSession, images: ImageClient, announce: Announcer): void {
  const buttons = [button('room-png'), button('room-jpeg')];
  const size = part('room-size', HTMLElement);
  let busy = false;
  const save = async (target: HTMLButtonElement): Promise<void> => {
    const { photo, piece } = store.state;
    const type = target.value as Encoding;
    if (!photo || !piece || busy) return;
    busy = true;
    target.dataset.busy = 'true';
    announce.status('Saving the image…');
    try {
      const pixels = await session.composite();
      if (!pixels) return;
      const { blob, width, height } = await images.call('encoded', [pixels, type], [pixels.data.buffer]);
      const file = fileName(photo.choice.name, piece.choice.name, type);
      saveFile(blob, file);
      announce.status(`Saved ${file} (${width} × ${height} pixels, ${formatBytes(blob.size)}).`);
    } catch (error) {
      announce.status('');
      announce.notify(downloadNotice(error));
    } finally {
      busy = false;
      delete target.dataset.busy;
    }
  };
  for (const target of buttons) target.addEventListener('click', () => void save(target));
  store.subscribe(({ photo, homography }) => {
    for (const target of buttons) target.disabled = homography === null;
    size.textContent = photo ? `${photo.info.width} × ${photo.info.height}` : '';
  });
}

/** Writes the state to `data-*` attributes of the area, for styles and tests. */
function reflect(store: RoomStore, area: HTMLElement): void {
  const hint = area.querySelector<HTMLElement>('.hint')!;
  store.subscribe((state) => {
    const attributes: Record<string, string> = {
      state: state.phase,
      model: String(state.model !== null),
      exact: String(state.exact),
      empty: String(state.empty),
      update: String(state.update),
      updates: String(state.fit?.updates.length ?? 0),
      photo: state.photo?.choice.id ?? '',
      piece: state.piece?.choice.id ?? '',
      box: state.piece ? JSON.stringify(state.piece.info.box) : '',
      homography: state.homography ? JSON.stringify(Array.from(state.homography)) : '',
      placement: state.placement ? JSON.stringify(state.placement) : '',
    };
    for (const [name, value] of Object.entries(attributes)) {
      if (area.dataset[name] !== value) area.dataset[name] = value;
    }
    const text = state.phase === 'placed' && !state.moved ? 'Drag onto the floor, then press Fit' : '';
    if (hint.textContent !== text) hint.textContent = text;
  });
}
