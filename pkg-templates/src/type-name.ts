/**
 * The name of a value's platform class, such as `ImageBitmap` or `Null`. Unlike `instanceof`, this
 * works for classes that the platform lacks and for objects of another realm.
 *
 * @internal
 */
export function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
