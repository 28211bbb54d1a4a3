/**
 * Counts the milliseconds from now on. The device's clock may be set back, and `performance.now()` may stand still
 * while the device sleeps: the longer time counts.
 */
export function startAge(): () => number {
  const [steady, shown] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - steady, Date.now() - shown);
}
