import type { PredefinedColorSpace } from './platform.js';

type Matrix = readonly [number, number, number, number, number, number, number, number, number];

/**
 * Convert linear light to a colour space from the other one, row by row. Both have the same
 * transfer function and white point.
 */
const MATRICES: Record<PredefinedColorSpace, Matrix> = {
  'display-p3': [
    0.8224619687, 0.1775380313, 0, 0.0331941989, 0.9668058011, 0, 0.0170826307, 0.0723974407, 0.9105199286,
  ],
  srgb: [1.2249401763, -0.2249401763, 0, -0.0420569547, 1.0420569547, 0, -0.0196375546, -0.0786360456, 1.0982736001],
};

/** The steps of the table of the transfer function: enough to return every byte unchanged. */
const STEPS = 4095;

const decode = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const encode = (light: number): number => (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055);

let tables: { light: Float32Array; bytes: Uint8ClampedArray } | undefined;

/** Whether a value names a colour space of `ImageData` that this package knows. */
export const isColourSpace = (value: unknown): value is PredefinedColorSpace =>
  typeof value === 'string' && Object.hasOwn(MATRICES, value);

/**
 * Converts RGBA pixels in place to a colour space from the other one. Colours outside it are
 * clipped.
 *
 * @internal
 */
export function convertColours(pixels: Uint8Array | Uint8ClampedArray, to: PredefinedColorSpace): void {
  tables ??= {
    light: Float32Array.from({ length: 256 }, (_, value) => decode(value / 255)),
    bytes: Uint8ClampedArray.from({ length: STEPS + 1 }, (_, step) => 255 * encode(step / STEPS)),
  };
  const { light, bytes } = tables;
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = MATRICES[to];
  const lightAt = (at: number): number => light[pixels[at] as number] as number;
  const byteOf = (sum: number): number => bytes[Math.round(STEPS * Math.min(1, Math.max(0, sum)))] as number;
  for (let at = 0; at < pixels.length; at += 4) {
    const [r, g, b] = [lightAt(at), lightAt(at + 1), lightAt(at + 2)];
    pixels[at] = byteOf(rr * r + rg * g + rb * b);
    pixels[at + 1] = byteOf(gr * r + gg * g + gb * b);
    pixels[at + 2] = byteOf(br * r + bg * g + bb * b);
  }
}
