/** The bundled rooms and furniture. */
import type { Placement } from '../geometry.ts';
import type { PhotoChoice } from '../state.ts';
import type { PieceChoice } from './state.ts';

interface Entry {
  id: string;
  name: string;
  file: string;
  thumbnail: string;
}

interface GalleryFile {
  rooms: (Entry & { placement: Placement })[];
  furniture: Entry[];
}

export async function loadRooms(): Promise<{ rooms: PhotoChoice[]; furniture: PieceChoice[] }> {
  const folder = new URL('gallery/', document.baseURI);
  const response = await fetch(new URL('gallery.json', folder));
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { rooms, furniture } = (await response.json()) as GalleryFile;
  const choice = ({ id, name, file, thumbnail }: Entry): PieceChoice => ({
    id,
    name,
    source: { url: new URL(file, folder).href },
    thumbnail: new URL(thumbnail, folder).href,
  });
  return {
    rooms: rooms.map((entry) => ({
      ...choice(entry),
      placement: entry.placement,
      alt: `A rendered ${entry.name.toLowerCase()}`,
    })),
    furniture: furniture.map(choice),
  };
}
