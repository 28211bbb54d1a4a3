/** What has begun and has not ended yet. */
export interface Pending {
  add<T>(promise: Promise<T>): Promise<T>;
  /** Fulfilled when everything has ended that has begun so far. */
  ended(): Promise<unknown>;
}

export function createPending(): Pending {
  const pending = new Set<Promise<unknown>>();
  return {
    add(promise) {
      const forget = (): void => void pending.delete(promise);
      pending.add(promise);
      promise.then(forget, forget);
      return promise;
    },
    ended: () => Promise.allSettled(pending),
  };
}

/** Fulfilled with the promise, or when the time is over; it leaves no timer behind, which would keep Node.js alive. */
export async function within(timeMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await Promise.race([promise, new Promise((resolve) => (timer = setTimeout(resolve, timeMs)))]);
  } finally {
    clearTimeout(timer);
  }
}
