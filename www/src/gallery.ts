/** The bundled sample images. */
import type { Choice, PhotoChoice } from './editor/state.ts';
import type { Placement } from './geometry.ts';
import type { GlassesChoice } from './photo/state.ts';

interface Entry {
  id: string;
  name: string;
  file: string;
  thumbnail?: string;
}

interface GalleryFile {
  glasses: (Entry & { kind: string })[];
  portraits: (Entry & { alt: string; placement: Placement })[];
  rooms: (Entry & { placement: Placement })[];
  furniture: Entry[];
}

export interface Gallery {
  readonly portraits: readonly PhotoChoice[];
  readonly glasses: readonly GlassesChoice[];
  readonly rooms: readonly PhotoChoice[];
  readonly furniture: readonly Choice[];
}

/** Reads the list of the samples. The images themselves are loaded when they are shown. */
export async function loadGallery(): Promise<Gallery> {
  const folder = new URL('gallery/', document.baseURI);
  const address = (file: string): string => new URL(file, folder).href;
  const response = await fetch(address('gallery.json'));
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { glasses, portraits, rooms, furniture } = (await response.json()) as GalleryFile;
  const choice = ({ id, name, file, thumbnail }: Entry): Choice => ({
    id,
    name,
    source: { url: address(file) },
    thumbnail: address(thumbnail ?? file),
  });
  const photo = (entry: Entry & { placement: Placement }, alt: string): PhotoChoice => ({
    ...choice(entry),
    placement: { ...entry.placement, rotation: entry.placement.rotation ?? 0 },
    alt,
  });
  return {
    portraits: portraits.map((entry) => photo(entry, entry.alt)),
    glasses: glasses.map((entry) => ({ ...choice(entry), kind: entry.kind })),
    rooms: rooms.map((entry) => photo(entry, `A rendered ${entry.name.toLowerCase()}`)),
    furniture: furniture.map(choice),
  };
}
