/** The values of the attributes and properties of the element. */
import { StganError } from '../errors.js';
import type { ImageSource } from '../images.js';
import type { Placement } from '../tryon-types.js';
import { typeName } from '../type-name.js';

/** An image, or its URL, which refers to the page. */
export type ImageValue = string | URL | ImageSource;

/** Glasses of a list, with a name for people who cannot see them. */
export interface LabelledGlasses {
  readonly image: ImageValue;
  readonly label?: string | undefined;
}

/** One pair of glasses, or a list. A string has URLs that are separated by white space. */
export type GlassesValue = ImageValue | LabelledGlasses | readonly (ImageValue | LabelledGlasses)[];

/** Converts the value of `glasses` to a list. */
export function glassesList(value: GlassesValue | null): LabelledGlasses[] {
  if (value === null || value === undefined) return [];
  if (typeof value === 'string')
    return value
      .split(/\s+/)
      .filter(Boolean)
      .map((image) => ({ image }));
  if (Array.isArray(value)) return value.map(labelled);
  return [labelled(value as ImageValue | LabelledGlasses)];
}

function labelled(value: ImageValue | LabelledGlasses): LabelledGlasses {
  return typeName(value) === 'Object' && Object.hasOwn(value as object, 'image')
    ? (value as LabelledGlasses)
    : { image: value as ImageValue };
}

/**
 * Reads the attribute `placement`: the numbers x, y, width and optionally rotation.
 *
 * @throws {@link StganError} `placement`.
 */
export function parsePlacement(text: string | null): Placement | null {
  const numbers = text
    ?.trim()
    .split(/[\s,]+/)
    .map(Number);
  if (!numbers || text?.trim() === '') return null;
  const [x, y, width, rotation = 0] = numbers;
  if (x === undefined || y === undefined || width === undefined || numbers.length > 4 || numbers.some(Number.isNaN))
    throw new StganError(
      'placement',
      `placement is ${JSON.stringify(text)}; expected "x y width" or "x y width rotation"`,
    );
  return { x, y, width, rotation };
}

/**
 * Loads an image. One of the page's origin is loaded by an image element and others are fetched, as
 * the directives `img-src 'self'` and `connect-src` of a content security policy expect.
 *
 * @throws {@link StganError} `fetch`; the signal's reason if it is aborted.
 */
export async function loadImage(value: ImageValue, signal: AbortSignal): Promise<ImageSource> {
  if (typeof value !== 'string' && !(value instanceof URL)) return value;
  const url = new URL(value, document.baseURI);
  const isLocal = url.origin === location.origin || url.protocol === 'data:' || url.protocol === 'blob:';
  if (!isLocal) {
    try {
      const response = await fetch(url, { signal });
      if (response.ok) return await response.blob();
    } catch {
      // An image element may be allowed to load it.
      signal.throwIfAborted();
    }
  }
  const image = new Image();
  if (!isLocal) image.crossOrigin = 'anonymous';
  image.src = url.href;
  try {
    await image.decode();
  } catch (error) {
    signal.throwIfAborted();
    throw new StganError('fetch', `cannot load the image ${url.href}`, { cause: error });
  }
  signal.throwIfAborted();
  return image;
}
