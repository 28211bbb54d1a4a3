const baseMs = 500;
const capMs = 15_000;

/**
 * How long to wait before the next attempt, in milliseconds: exponential with full jitter, so that clients that lost
 * the same node don't come back in step.
 * @param attempt how many attempts failed before, from 0
 * @param random a number from 0 up to but not including 1
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(capMs, baseMs * 2 ** attempt);
}
