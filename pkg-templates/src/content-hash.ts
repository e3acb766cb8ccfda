const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/** Spreads every bit over the word, as at the end of MurmurHash3. */
function finish(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}

/**
 * A 64-bit hash of RGBA pixels in hexadecimal digits, to recognise the same image. It is fast and
 * not cryptographic.
 *
 * @internal
 */
export function contentHash({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): string {
  const words = new Uint32Array(buffer, byteOffset, byteLength >> 2);
  // Two lanes of 32 bits, because JavaScript multiplies no longer integers quickly.
  let [a, b] = [0x9e3779b9, words.length];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    a = Math.imul(rotate(a ^ word, 13), 0xcc9e2d51);
    b = Math.imul(rotate(b + word, 17) ^ a, 0x1b873593);
  }
  return [finish(a ^ b), finish(b)].map((lane) => lane.toString(16).padStart(8, '0')).join('');
}
