/**
 * The name of a value's platform class, such as `ImageBitmap` or `Null`. Unlike `instanceof`, this
 * works for classes that the platform lacks and for objects of another realm. It never throws, also
 * not for a Proxy that does.
 *
 * @internal
 */
export function typeName(value: unknown): string {
  try {
    return Object.prototype.toString.call(value).slice(8, -1);
  } catch {
    return 'Unreadable';
  }
}
