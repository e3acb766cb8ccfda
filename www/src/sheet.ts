/** Puts a cut-out and the image that it comes from on one grid of pixels, in the worker. */
import { type Colour, groundColour, type Sheet } from './correct.ts';
import type { Box } from './geometry.ts';
import { context } from './images.ts';

/** Longest side of a sheet in pixels: corrections of larger ones would not be immediate. */
const MAX_SIDE = 1600;
/** Margin around the cut-out in which the image is shown, as a share of the cut-out’s size. */
const [MARGIN_X, MARGIN_Y] = [0.08, 0.2];

/**
 * Draws `image` and the part of `cutOut` and its surroundings. `toImage` maps pixels of the cut-out
 * to pixels of the image, row by row; it has no perspective.
 */
export async function sheetOf(image: ImageData, cutOut: ImageData, toImage: ArrayLike<number>): Promise<Sheet> {
  const [a, c, e, b, d, f] = toImage as unknown as [number, number, number, number, number, number];
  const toCutOut = new DOMMatrix([a, b, c, d, e, f]).inverse();
  const area = surroundings(cutOut, image, toCutOut);
  const scale = Math.min(1, MAX_SIDE / Math.max(area.width, area.height));
  const toSheet = new DOMMatrix().scale(scale).translate(-area.x, -area.y);
  const [width, height] = [Math.round(area.width * scale), Math.round(area.height * scale)];
  const draw = async (pixels: ImageData, transform: DOMMatrix): Promise<ImageData> => {
    const drawing = context(Math.max(1, width), Math.max(1, height));
    drawing.imageSmoothingQuality = 'high';
    const bitmap = await createImageBitmap(pixels);
    drawing.setTransform(transform);
    drawing.drawImage(bitmap, 0, 0);
    bitmap.close();
    return drawing.getImageData(0, 0, drawing.canvas.width, drawing.canvas.height);
  };
  const original = await draw(image, toSheet.multiply(toCutOut));
  const ground = groundColour(original);
  // A straightened photo does not reach the corners of the sheet.
  if (isOpaque(image)) fillBehind(original, ground);
  return { original, cutOut: await draw(cutOut, toSheet), ground };
}

function isOpaque({ data }: ImageData): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}

/** Puts a colour behind an image. */
function fillBehind({ data }: ImageData, colour: Colour): void {
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3]! / 255;
    for (const c of [0, 1, 2] as const) data[i + c] = Math.round(data[i + c]! * alpha + colour[c] * (1 - alpha));
    data[i + 3] = 255;
  }
}

/** The cut-out with a margin, as far as the image covers it, in whole pixels of the cut-out. */
function surroundings(cutOut: ImageData, image: ImageData, toCutOut: DOMMatrix): Box {
  const corners = [0, image.width].flatMap((x) =>
    [0, image.height].map((y) => toCutOut.transformPoint(new DOMPoint(x, y))),
  );
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const [marginX, marginY] = [MARGIN_X * cutOut.width, MARGIN_Y * cutOut.height];
  const left = Math.min(0, Math.ceil(Math.max(-marginX, Math.min(...xs))));
  const top = Math.min(0, Math.ceil(Math.max(-marginY, Math.min(...ys))));
  const right = Math.max(cutOut.width, Math.floor(Math.min(cutOut.width + marginX, Math.max(...xs))));
  const bottom = Math.max(cutOut.height, Math.floor(Math.min(cutOut.height + marginY, Math.max(...ys))));
  return { x: left, y: top, width: right - left, height: bottom - top };
}
