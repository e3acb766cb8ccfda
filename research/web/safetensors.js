/**
 * Reads the header of a safetensors file: the metadata, the tensors by name, and the offset of
 * their data.
 */
export function headerOf(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const text = new TextDecoder().decode(new Uint8Array(buffer, 8, length));
  const { __metadata__: metadata, ...entries } = JSON.parse(text);
  return { metadata, entries, start: 8 + length };
}

/**
 * Returns the f32 and f16 tensors of a safetensors file as `{ name: { shape, values } }` with f32
 * values. The values of f32 tensors are views of `buffer`.
 */
export function tensorsOf(buffer) {
  const { entries, start } = headerOf(buffer);
  const read = ({ dtype, shape, data_offsets: [from, to] }) => {
    const values =
      dtype === 'F16'
        ? Float32Array.from(new Uint16Array(buffer, start + from, (to - from) / 2), fromHalf)
        : new Float32Array(buffer, start + from, (to - from) / 4);
    return { shape, values };
  };
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, read(entry)]));
}

/** Converts the bits of a finite half-precision number. */
function fromHalf(half) {
  const [sign, exponent, fraction] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}
