/** Formats numbers and names for display. */
import type { Encoding } from './types.ts';

export function updateName(update: number, updates: number): string {
  if (update === 0) return 'As placed';
  return `After update ${update} of ${updates}`;
}

export function countUpdates(count: number): string {
  return `${count} ${count === 1 ? 'update' : 'updates'}`;
}

export function countFaces(count: number): string {
  return `${count} ${count === 1 ? 'face' : 'faces'}`;
}

/**
 * Formats with five significant digits and a true minus sign; values below 10⁻⁴ get an exponent.
 */
export function significant(value: number): string {
  const text = value === 0 || Math.abs(value) >= 1e-4 ? String(Number(value.toPrecision(5))) : value.toExponential(2);
  return text.replaceAll('-', '−');
}

/** Formats with four decimals and a sign; zero has no sign. */
export function signed(value: number): string {
  const digits = Math.abs(value).toFixed(4);
  if (Number(digits) === 0) return digits;
  return `${value < 0 ? '−' : '+'}${digits}`;
}

/** Builds a file name: `Ada Miller.jpeg` and `Round, gold` give `ada-miller-round-gold.png`. */
export function fileName(photo: string, glasses: string, type: Encoding): string {
  const slug = (text: string): string =>
    text
      .replace(/\.[a-z0-9]{2,4}$/i, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '');
  const name = [slug(photo), slug(glasses)].filter(Boolean).join('-') || 'photo';
  return `${name}.${type === 'image/png' ? 'png' : 'jpg'}`;
}

export function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
