/** One timer: whoever sets it anew puts it off. */
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

export type Alarm = ReturnType<typeof createAlarm>;
