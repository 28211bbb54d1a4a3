/** Keeps so many of a collection that is in the order in which they came. */
export function keepNewest<K>(
  collection: { readonly size: number; keys(): Iterable<K>; delete(key: K): unknown },
  most: number,
): void {
  for (const oldest of collection.keys()) {
    if (collection.size <= most) {
      break;
    }
    collection.delete(oldest);
  }
}
