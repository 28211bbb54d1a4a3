/** One timer: whoever sets it anew puts it off. */
export interface Alarm {
  set(ms: number, ring: () => void): void;
  clear(): void;
}

export function createAlarm(): Alarm {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const clear = (): void => clearTimeout(timer);
  return {
    set(ms, ring) {
      clear();
      timer = setTimeout(ring, ms);
    },
    clear,
  };
}
