/** The tensors of a safetensors file, f32 or f16, as `{ name: { shape, values } }`, values in f32. */
export function tensorsOf(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const { __metadata__, ...tensors } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const read = ({ dtype, shape, data_offsets: [start, end] }) => {
    const bytes = buffer.slice(8 + length + start, 8 + length + end);
    return {
      shape,
      values: dtype === 'F16' ? Float32Array.from(new Uint16Array(bytes), widened) : new Float32Array(bytes),
    };
  };
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, read(tensor)]));
}

/** The value of a finite number in half precision. */
function widened(half) {
  const [sign, exponent, fraction] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}
