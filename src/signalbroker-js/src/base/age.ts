/**
 * Begins to count milliseconds, whatever the device's clock says. It may be set back, and where `performance.now()`
 * stands still while a device sleeps, its clock does not: the longer time counts.
 */
export function startAge(): () => number {
  const [steady, shown] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - steady, Date.now() - shown);
}
