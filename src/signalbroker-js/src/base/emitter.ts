/** Ends what it was returned for. */
export type Unsubscribe = () => void;

/** The subscribers of one kind of event. */
export function createEmitter<T>() {
  const handlers = new Set<(event: T) => unknown>();
  let hadHandler = false;
  return {
    get size(): number {
      return handlers.size;
    },
    /** Whether there has ever been a subscriber. */
    get hadHandler(): boolean {
      return hadHandler;
    },
    on(handler: (event: T) => unknown): Unsubscribe {
      hadHandler = true;
      // The same function may subscribe twice, and each subscription ends on its own.
      const mine = (event: T): unknown => handler(event);
      handlers.add(mine);
      return () => void handlers.delete(mine);
    },
    /**
     * Calls all handlers at once; one that fails keeps neither the others nor this library from going on. Each promise
     * is settled when its handler has ended; nobody need look at them: what a handler throws is reported as any
     * unhandled rejection is.
     */
    emit: (event: T): Promise<unknown>[] => [...handlers].map(async (handler) => handler(event)),
  };
}

export type Emitter<T> = ReturnType<typeof createEmitter<T>>;
