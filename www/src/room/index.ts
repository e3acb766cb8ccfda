/** Entry point of the room tab, loaded when it is opened: connects its elements. */
import './room.css';
import { type Announcer, announcer, reveal } from '../announce.ts';
import { controls } from '../editor/controls.ts';
import { connectViewer } from '../editor/input.ts';
import { Model } from '../editor/model.ts';
import { resultBar, resultOf } from '../editor/result.ts';
import { type PhotoChoice, reflect } from '../editor/state.ts';
import { tileStrips } from '../editor/tiles.ts';
import { Viewer } from '../editor/viewer.ts';
import { button, byId } from '../elements.ts';
import type { Gallery } from '../gallery.ts';
import type { ImageClient } from '../image-client.ts';
import { galleryNotice } from '../messages.ts';
import { addOwn, type ImageInput, picker } from '../sources.ts';
import { RoomSession } from './session.ts';
import { RoomStore } from './state.ts';

/** Starts the tab: opens the first room and piece, and loads the model. Returns where images go. */
export function startRoom(images: ImageClient, gallery: Promise<Gallery>): ImageInput {
  for (const template of document.querySelectorAll<HTMLTemplateElement>('template.room-part'))
    template.replaceWith(template.content);
  const store = new RoomStore();
  const announce = announcer(byId('room-status', HTMLElement), byId('room-notice', HTMLElement));
  const viewer = new Viewer(byId('room-viewer', HTMLElement));
  const parts = { store, model: new Model('room'), images, viewer, announce };
  const session = new RoomSession(parts);
  connectViewer(store, viewer, session, { m: () => void session.mirror() });
  controls(store, session, 'room-');
  connectToggles(store, session);
  const input = connectSources(store, session);
  resultBar(parts, 'room-', (state) => resultOf(state, session));
  reflectRoom(store, viewer.element);
  void open(gallery, session, announce);
  return input;
}

async function open(gallery: Promise<Gallery>, session: RoomSession, announce: Announcer): Promise<void> {
  try {
    const { rooms, furniture } = await gallery;
    await session.openSamples(rooms, furniture);
  } catch {
    announce.notify(galleryNotice('rooms and furniture', 'room and furniture', () => location.reload()));
  }
}

function connectToggles(store: RoomStore, session: RoomSession): void {
  const [mirror, shadow] = [button('room-mirror'), button('room-shadow')];
  mirror.addEventListener('click', () => void session.mirror());
  shadow.addEventListener('click', () => session.setShadow(!store.state.shadow));
  store.subscribe((state) => {
    mirror.disabled = !state.foreground;
    mirror.setAttribute('aria-pressed', String(state.mirrored));
    shadow.setAttribute('aria-pressed', String(state.shadow));
  });
}

function connectSources(store: RoomStore, session: RoomSession): ImageInput {
  const openPhoto = async (choice: PhotoChoice): Promise<boolean> => {
    const opened = await session.openPhoto(choice);
    if (opened) reveal(byId('room-viewer', HTMLElement));
    return opened;
  };
  const input: ImageInput = {
    photo: (blob, name) =>
      void addOwn(blob, name, openPhoto, (choice) =>
        store.set({ photoChoices: [choice, ...store.state.photoChoices] }),
      ),
    foreground: (blob, name) =>
      void addOwn(
        blob,
        name,
        (choice) => session.chooseForeground(choice),
        (choice) => store.set({ foregroundChoices: [choice, ...store.state.foregroundChoices] }),
      ),
  };
  picker(button('own-room'), byId('room-file', HTMLInputElement), (file) => input.photo(file, file.name));
  picker(button('own-furniture'), byId('furniture-file', HTMLInputElement), (file) =>
    input.foreground(file, file.name),
  );
  tileStrips(
    store,
    { photos: byId('room-list', HTMLElement), foregrounds: byId('furniture-list', HTMLElement) },
    (room) => void openPhoto(room),
    (piece) => void session.chooseForeground(piece),
  );
  return input;
}

/** Writes the state to `data-*` attributes of the area, and shows the hint. */
function reflectRoom(store: RoomStore, viewer: HTMLElement): void {
  const area = byId('room-area', HTMLElement);
  reflect(store, viewer, area, ({ foreground }) => ({ piece: foreground?.choice.id ?? '' }));
  const hint = area.querySelector('.hint')!;
  store.subscribe(({ phase, moved }) => {
    const text = phase === 'placed' && !moved ? 'Drag onto the floor, then press Fit' : '';
    if (hint.textContent !== text) hint.textContent = text;
  });
}
