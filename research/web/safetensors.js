/** The header of a safetensors file: its metadata, its tensors by name, and where their bytes start. */
export function headerOf(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const text = new TextDecoder().decode(new Uint8Array(buffer, 8, length));
  const { __metadata__: metadata, ...entries } = JSON.parse(text);
  return { metadata, entries, start: 8 + length };
}

/**
 * The tensors of a safetensors file, f32 or f16, as `{ name: { shape, values } }`, values in f32. Those of f32 are views
 * of `buffer`.
 */
export function tensorsOf(buffer) {
  const { entries, start } = headerOf(buffer);
  const read = ({ dtype, shape, data_offsets: [from, to] }) => {
    const values =
      dtype === 'F16'
        ? Float32Array.from(new Uint16Array(buffer, start + from, (to - from) / 2), widened)
        : new Float32Array(buffer, start + from, (to - from) / 4);
    return { shape, values };
  };
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, read(entry)]));
}

/** The value of a finite number in half precision. */
function widened(half) {
  const [sign, exponent, fraction] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}
