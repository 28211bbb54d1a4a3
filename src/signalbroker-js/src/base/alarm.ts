/** One timer: setting it again replaces the last one. */
export function createAlarm() {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const clear = (): void => clearTimeout(timer);
  return {
    set(ms: number, ring: () => void): void {
      clear();
      timer = setTimeout(ring, ms);
    },
    clear,
  };
}
