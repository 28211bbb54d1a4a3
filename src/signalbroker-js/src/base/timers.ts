/** The longest time that timers can count: 24 days. */
export const longestMs = 2 ** 31 - 1;

/** A wait that keeps no program alive: in Node.js, one that is done with its client ends at once. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => unref(setTimeout(resolve, ms)));
}

/** Lets a program end before this timer; browsers have no such thing. */
export function unref<T>(timer: T): T {
  (timer as { unref?(): void }).unref?.();
  return timer;
}
