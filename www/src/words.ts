/** Numbers and names as they are shown. */
import type { Encoding } from './protocol.ts';

export function stepName(step: number, steps: number): string {
  if (step === 0) return 'As placed';
  return `After update ${step} of ${steps}`;
}

export function countUpdates(count: number): string {
  return `${count} ${count === 1 ? 'update' : 'updates'}`;
}

export function countFaces(count: number): string {
  return count === 1 ? 'one face' : `${count} faces`;
}

/** Five significant digits, a true minus, and no exponent where it can be helped. */
export function significant(value: number): string {
  const text = value === 0 || Math.abs(value) >= 1e-4 ? String(Number(value.toPrecision(5))) : value.toExponential(2);
  return text.replaceAll('-', '−');
}

/** Four decimals, with a sign unless all are zero. */
export function signed(value: number): string {
  const digits = Math.abs(value).toFixed(4);
  if (Number(digits) === 0) return digits;
  return `${value < 0 ? '−' : '+'}${digits}`;
}

/** `Ada Miller.jpeg` and `Round, gold` give `ada-miller-round-gold.png`. */
export function fileName(photo: string, frame: string, type: Encoding): string {
  const slug = (words: string): string =>
    words
      .replace(/\.[a-z0-9]{2,4}$/i, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '');
  const name = [slug(photo), slug(frame)].filter(Boolean).join('-') || 'photo';
  return `${name}.${type === 'image/png' ? 'png' : 'jpg'}`;
}

export function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
