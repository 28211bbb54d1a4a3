/** Things with growing numbers, of which the old ones are dropped and never come back. */
export interface Recent<T> {
  readonly size: number;
  get(id: number): T | undefined;
  /** Whether nothing of this number, or a higher one, was ever added. */
  isNew(id: number): boolean;
  add(id: number, thing: T): void;
  drop(id: number): void;
}

export function createRecent<T>(): Recent<T> {
  const things = new Map<number, T>();
  let newest = -Infinity;

  return {
    get size() {
      return things.size;
    },
    get: (id) => things.get(id),
    isNew: (id) => id > newest,
    add(id, thing) {
      newest = Math.max(newest, id);
      things.set(id, thing);
    },
    drop: (id) => void things.delete(id),
  };
}
