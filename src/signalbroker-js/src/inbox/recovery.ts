import { createEmitter, type Unsubscribe } from "../base/emitter.js";
import { numberOf, type JsonObject } from "../base/json.js";
import type { Recovery } from "./options.js";

export interface RecoveryParts {
  /** Asks for `GET /inbox` until there is an answer. */
  read(after: number | undefined): Promise<JsonObject>;
  /** The inbox has no such sequence: it is not the same as before. */
  onOtherInbox(lastSequence: number): void;
}

/** Finds out after a reconnect whether everything that was stored has arrived. */
export function createRecovery({ read, onOtherInbox }: RecoveryParts) {
  const recoveries = createEmitter<Recovery>();
  let hasListened = false;
  let due: { after: number | undefined } | undefined;

  return {
    on(handler: (recovery: Recovery) => void): Unsubscribe {
      const stop = recoveries.on(handler);
      void look();
      return stop;
    },
    /** A new session is open; what it gets comes after this sequence. */
    opened(after: number | undefined): void {
      // A device that has never had anything has lost nothing.
      due = hasListened || after !== undefined ? { after } : undefined;
    },
    listening(): void {
      hasListened = true;
      void look();
    },
  };

  async function look(): Promise<void> {
    if (!due || recoveries.size === 0) {
      return;
    }
    const { after } = due;
    due = undefined;
    let answer: JsonObject;
    try {
      answer = await read(after);
    } catch {
      // The client was closed, or the webapp knows no inbox.
      return;
    }
    const lastSequence = numberOf(answer, "lastSequence") ?? 0;
    const lowestSequence = numberOf(answer, "lowestSequence") ?? 1;
    if (after !== undefined && after > lastSequence) {
      onOtherInbox(lastSequence);
    }
    recoveries.emit({ recovered: answer["recovered"] === true, lastSequence, lowestSequence });
  }
}
