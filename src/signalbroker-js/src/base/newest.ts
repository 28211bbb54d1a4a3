/** Drops the oldest members of a collection until this many are left. */
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
