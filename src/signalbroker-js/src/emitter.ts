/** Ends what it was returned for. */
export type Unsubscribe = () => void;

/** Those who want to hear of one kind of event. */
export interface Emitter<T> {
  readonly size: number;
  on(handler: (event: T) => void): Unsubscribe;
  emit(event: T): void;
}

export function createEmitter<T>(): Emitter<T> {
  const handlers = new Set<(event: T) => void>();
  return {
    get size() {
      return handlers.size;
    },
    on(handler) {
      // The same function may be given twice, and each unsubscribes for itself.
      const mine = (event: T): void => handler(event);
      handlers.add(mine);
      return () => void handlers.delete(mine);
    },
    emit(event) {
      for (const handler of [...handlers]) {
        try {
          handler(event);
        } catch (error) {
          // One failing handler must not keep the others, or this library, from going on.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}
