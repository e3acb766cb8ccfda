/** Weights files, written and read without the crate: for benchmarks that want sizes that nobody has trained. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Numbers that look like those of N(0, 1), the same every time. */
function normal(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Writes tensors, name to { shape, values (Float32Array) }, and metadata as a safetensors file. */
export function writeTensors(file, metadata, tensors) {
  const header = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const text = JSON.stringify(header);
  const padded = Buffer.from(text.padEnd(Math.ceil(Buffer.byteLength(text) / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  writeFileSync(
    file,
    Buffer.concat([length, padded, ...Object.values(tensors).map(({ values }) => Buffer.from(values.buffer))]),
  );
}

/** A number of 16 bits as IEEE 754 has it. */
function fromHalf(bits) {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return exponent === 31 ? (fraction ? NaN : sign * Infinity) : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The metadata and the tensors of a weights file in any of its three ways of storage, as [`writeTensors`] takes them. */
export function readTensors(file) {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE());
  const { __metadata__: metadata, ...header } = JSON.parse(bytes.subarray(8, start));
  const numbers = ({ dtype, data_offsets: [from, to] }, name) => {
    const data = bytes.buffer.slice(bytes.byteOffset + start + from, bytes.byteOffset + start + to);
    if (dtype === 'F32') return new Float32Array(data);
    if (dtype === 'F16') return Float32Array.from(new Uint16Array(data), fromHalf);
    if (dtype === 'I8') return Float32Array.from(new Int8Array(data));
    throw new Error(`${file}: ${name} is ${dtype}, not F32, F16 or I8`);
  };
  const isScale = (name) => name.endsWith('.scale') && header[name.slice(0, -'.scale'.length)]?.dtype === 'I8';
  const tensors = {};
  for (const [name, entry] of Object.entries(header).filter(([key]) => !isScale(key))) {
    const values = numbers(entry, name);
    if (entry.dtype === 'I8') {
      const scale = numbers(header[`${name}.scale`], `${name}.scale`);
      const run = values.length / scale.length;
      for (let i = 0; i < values.length; i++) values[i] *= scale[Math.floor(i / run)];
    }
    tensors[name] = { shape: entry.shape, values };
  }
  return { metadata, tensors };
}

/** Channels that a generator's first layer takes. */
export const planes = (inputs) => (inputs === 'rgba' ? 7 : 8);

/** Writes generators with different random weights (He initialisation, small biases). */
export function writeCascade(file, { size, inputs, channels, hidden, stages }) {
  const next = normal(1);
  const tensors = {};
  const add = (name, shape, deviation) => {
    tensors[name] = {
      shape,
      values: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => deviation * next()),
    };
  };
  for (let stage = 0; stage < stages; stage++) {
    let [side, depth] = [size, planes(inputs)];
    channels.forEach((count, i) => {
      add(`stages.${stage}.conv${i + 1}.weight`, [count, depth, 4, 4], Math.sqrt(2 / (16 * depth)));
      add(`stages.${stage}.conv${i + 1}.bias`, [count], 0.1);
      [side, depth] = [Math.ceil(side / 2), count + planes(inputs)];
    });
    const features = depth * side * side;
    add(`stages.${stage}.fc1.weight`, [hidden, features], Math.sqrt(2 / features));
    add(`stages.${stage}.fc1.bias`, [hidden], 0.1);
    add(`stages.${stage}.fc2.weight`, [8, hidden], Math.sqrt(1 / hidden));
    add(`stages.${stage}.fc2.bias`, [8], 0.1);
  }
  writeTensors(file, { format: 'stgan', version: '1', task: 'glasses', size: String(size), inputs }, tensors);
}
