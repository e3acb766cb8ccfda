import { typeName } from './type-name.js';

/**
 * The bytes of a buffer or of a view of one; null for other values. They are copied if the buffer
 * is shared or resizable, because platform functions reject such buffers. A detached buffer has no
 * bytes.
 *
 * @internal
 */
export function bytesOf(source: unknown): Uint8Array<ArrayBuffer> | null {
  if (ArrayBuffer.isView(source)) return copyUnlessPlain(source.buffer, source.byteOffset, source.byteLength);
  const type = typeName(source);
  if (type !== 'ArrayBuffer' && type !== 'SharedArrayBuffer') return null;
  const buffer = source as ArrayBufferLike;
  return copyUnlessPlain(buffer, 0, buffer.byteLength);
}

function copyUnlessPlain(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array<ArrayBuffer> {
  // A view of a detached buffer cannot be created.
  if (length === 0) return new Uint8Array(0);
  const bytes = new Uint8Array(buffer, offset, length);
  const isPlain = typeName(buffer) === 'ArrayBuffer' && !(buffer as { resizable?: boolean }).resizable;
  return isPlain ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

/**
 * A view of the bytes of an array of RGBA bytes of any realm, without a copy; null for other
 * values. It has the prototype of this realm, so that reading it runs no code of the caller.
 *
 * @internal
 */
export function rgbaView(data: unknown): Uint8ClampedArray | null {
  const type = typeName(data);
  if (!ArrayBuffer.isView(data) || (type !== 'Uint8ClampedArray' && type !== 'Uint8Array')) return null;
  if (data.byteLength === 0) return new Uint8ClampedArray(0);
  return new Uint8ClampedArray(data.buffer, data.byteOffset, data.byteLength);
}
