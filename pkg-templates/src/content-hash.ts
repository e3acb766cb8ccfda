const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/** Spreads every bit of a word over all its bits. */
function finish(word: number): string {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return ((word ^ (word >>> 16)) >>> 0).toString(16).padStart(8, '0');
}

/**
 * A hash of RGBA pixels in hexadecimal digits, to recognise the same image: two lanes of the 32-bit
 * MurmurHash3 with the constants of its 128-bit variant. It is fast and not cryptographic.
 *
 * @internal
 */
export function contentHash({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): string {
  const words = new Int32Array(buffer, byteOffset, byteLength >> 2);
  let a = words.length;
  let b = ~words.length;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    a = rotate(a ^ Math.imul(rotate(Math.imul(word, 0x239b961b), 15), 0xab0e9789), 13);
    a = (Math.imul(a, 5) + 0x561ccd1b) | 0;
    b = rotate(b ^ Math.imul(rotate(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93), 15);
    b = (Math.imul(b, 5) + 0x0bcaa747) | 0;
  }
  return finish(a) + finish(b);
}
