import type { Signal } from "./envelope.js";

/** How many signals are kept, and how many characters of their JSON; beyond that the oldest are dropped. */
export const mostKept = 1000;
export const mostKeptLength = 4 * 1024 * 1024;

/**
 * Keeps signals that the server does not store until there is a handler for them.
 * @param hand gives a signal to its handlers; undefined when there is none
 * @param hasHadHandler whether there has been one for the signals of a room, or for those that came through none
 */
export function createBuffer(
  hand: (signal: Signal) => unknown,
  hasHadHandler: (room: string | undefined) => boolean | undefined,
) {
  /** The oldest first, and how long each is. */
  const kept = new Map<Signal, number>();
  let keptLength = 0;

  return {
    /** Hands a signal over after the earlier ones of its room, or keeps it. */
    receive(signal: Signal, length: number): void {
      const isHeard = hasHadHandler(signal.room);
      if (isHeard) {
        handOver();
      }
      if (!hand(signal) && !isHeard) {
        keep(signal, length);
      }
    },
    /** There is a new handler. */
    handOver,
  };

  function handOver(): void {
    for (const [signal, length] of kept) {
      // A handler may unsubscribe after each.
      if (hand(signal)) {
        drop(signal, length);
      }
    }
  }

  function keep(signal: Signal, length: number): void {
    kept.set(signal, length);
    keptLength += length;
    for (const [oldest, itsLength] of kept) {
      if (kept.size <= mostKept && keptLength <= mostKeptLength) {
        break;
      }
      drop(oldest, itsLength);
    }
  }

  function drop(signal: Signal, length: number): void {
    keptLength -= length;
    kept.delete(signal);
  }
}
