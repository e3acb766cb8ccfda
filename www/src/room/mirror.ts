/** Mirrors an image of furniture from left to right. */
import type { ForegroundInfo } from '../types.ts';
import type { OpenPiece } from './state.ts';

export async function mirrored({ choice, pixels, info }: OpenPiece): Promise<OpenPiece> {
  const { data, width, height } = pixels;
  const words = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const flipped = new Uint32Array(words.length);
  for (let row = 0; row < words.length; row += width) {
    for (let x = 0; x < width; x++) flipped[row + x] = words[row + width - 1 - x]!;
  }
  const image = new ImageData(new Uint8ClampedArray(flipped.buffer), width, height);
  const box = { ...info.box, x: width - info.box.x - info.box.width };
  const turned: ForegroundInfo = { width, height, box, display: await createImageBitmap(image) };
  return { choice, pixels: image, info: turned };
}

/** Whether no pixel of an image is transparent. */
export function isOpaque({ data }: ImageData): boolean {
  // The package counts pixels that are at least 10 % opaque as visible.
  for (let i = 3; i < data.length; i += 4) if (data[i]! < 26) return false;
  return true;
}
