import { call, type InstanceId } from './engine.js';
import { StganError } from './errors.js';

/**
 * The wasm memory that prepared glasses may take together, in bytes. Beyond it, those that have not
 * been used for the longest time are evicted.
 */
const MAX_RESIDENT_BYTES = 256e6;

/**
 * An upper bound of the wasm memory that loading networks takes, in bytes per byte of weights.
 *
 * @internal
 */
export const NETWORK_MEMORY = 16;

/** An object whose wasm memory can be freed while it is not in use, and is restored on use. */
interface Evictable {
  /** The wasm memory that it takes, in bytes. */
  readonly bytes: number;
  evict(): void;
}

/** In the order of their last use. */
const resident = new Set<Evictable>();

/**
 * Notes that `object` has memory in wasm and is used now, and evicts others if all of them take too
 * much.
 *
 * @internal
 */
export function markUsed(object: Evictable): void {
  resident.delete(object);
  resident.add(object);
  let total = 0;
  for (const { bytes } of resident) total += bytes;
  for (const other of resident) {
    if (total <= MAX_RESIDENT_BYTES || other === object) break;
    total -= other.bytes;
    other.evict();
  }
}

/**
 * Notes that `object` has no memory in wasm.
 *
 * @internal
 */
export function markFreed(object: Evictable): void {
  resident.delete(object);
}

/**
 * Checks that wasm can allocate about `bytes` bytes, after evicting prepared glasses if necessary;
 * `label` names the object of the call. An allocation that fails would crash the instance and every
 * object in it.
 *
 * @internal
 * @throws {@link StganError} `out-of-memory`.
 */
export function requireMemory(instance: InstanceId, bytes: number, label: string): void {
  const hasRoom = (): boolean => bytes < 2 ** 32 && call(instance, (wasm) => wasm.hasRoom(Math.ceil(bytes)));
  if (hasRoom()) return;
  for (const object of resident) object.evict();
  if (hasRoom()) return;
  throw new StganError(
    'out-of-memory',
    `${label}: wasm has less than ${Math.ceil(bytes / 1e6)} MB left; dispose of objects that are no longer needed, or use smaller images`,
  );
}
