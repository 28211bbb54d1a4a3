/** Keeps track of what has begun and has not ended yet. */
export function createPending() {
  const pending = new Set<Promise<unknown>>();
  return {
    add<T>(promise: Promise<T>): Promise<T> {
      const forget = (): void => void pending.delete(promise);
      pending.add(promise);
      promise.then(forget, forget);
      return promise;
    },
    /** Fulfilled when everything has ended that has begun so far. */
    ended: (): Promise<unknown> => Promise.allSettled(pending),
  };
}

/** Waits for the promise, but no longer than this; it leaves no timer behind, which would keep Node.js alive. */
export async function within(timeMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await Promise.race([promise, new Promise((resolve) => (timer = setTimeout(resolve, timeMs)))]);
  } finally {
    clearTimeout(timer);
  }
}
