/** Timers know no longer time: 24 days. */
export const longestMs = 2 ** 31 - 1;

/** A wait that keeps no program alive: in Node one that is done with its client ends at once. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => unref(setTimeout(resolve, ms)));
}

/** Lets a program end before this timer; browsers know nothing of the kind. */
export function unref<T>(timer: T): T {
  (timer as { unref?(): void }).unref?.();
  return timer;
}
