import type { Signal } from "./envelope.js";

/** Signals that nobody stores, and for which there has been no handler yet. */
export interface Keeping {
  /** Hands a signal over after those of its room that came before it, or keeps it. */
  receive(signal: Signal, length: number): void;
  /** There is a handler that was not there before. */
  handOver(): void;
}

/** So many signals are kept, and so many characters of their JSON; then the oldest go. */
export const mostKept = 1000;
export const mostKeptLength = 4 * 1024 * 1024;

/**
 * @param hand gives a signal to its handlers; undefined when there is none
 * @param hasHadHandler whether there has been one for the signals of a room, or for those that came through none
 */
export function createKeeping(
  hand: (signal: Signal) => unknown,
  hasHadHandler: (room: string | undefined) => boolean | undefined,
): Keeping {
  /** The oldest first, and how long each is. */
  const kept = new Map<Signal, number>();
  let keptLength = 0;

  return {
    receive(signal, length) {
      const isHeard = hasHadHandler(signal.room);
      if (isHeard) {
        handOver();
      }
      if (!hand(signal) && !isHeard) {
        keep(signal, length);
      }
    },
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
