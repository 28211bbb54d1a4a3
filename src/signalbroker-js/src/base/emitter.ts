/** Ends what it was returned for. */
export type Unsubscribe = () => void;

/** Those who want to hear of one kind of event. */
export interface Emitter<T> {
  readonly size: number;
  /** Whether there has ever been anybody. */
  readonly hadHandler: boolean;
  on(handler: (event: T) => unknown): Unsubscribe;
  /**
   * Tells everybody at once. Each promise is settled as its handler has ended; nobody need look at them: what a handler
   * has thrown is reported as any unhandled rejection is.
   */
  emit(event: T): Promise<unknown>[];
}

export function createEmitter<T>(): Emitter<T> {
  const handlers = new Set<(event: T) => unknown>();
  let hadHandler = false;
  return {
    get size() {
      return handlers.size;
    },
    get hadHandler() {
      return hadHandler;
    },
    on(handler) {
      hadHandler = true;
      // The same function may be given twice, and each unsubscribes for itself.
      const mine = (event: T): unknown => handler(event);
      handlers.add(mine);
      return () => void handlers.delete(mine);
    },
    // One failing handler must not keep the others, or this library, from going on.
    emit: (event) => [...handlers].map(async (handler) => handler(event)),
  };
}
