import { createEmitter, type Unsubscribe } from "../base/emitter.js";
import { numberOf, type JsonObject } from "../base/json.js";
import type { Recovery } from "./options.js";

/** Finds out after a reconnect whether everything that was stored has come. */
export interface RecoveryLook {
  on(handler: (recovery: Recovery) => void): Unsubscribe;
  /** A new session is open; what it gets comes after this sequence. */
  opened(after: number | undefined): void;
  listening(): void;
}

export interface RecoveryParts {
  /** Asks for `GET /inbox` until there is an answer. */
  read(after: number | undefined): Promise<JsonObject>;
  /** The inbox has no such sequence: it is another one than before. */
  onOtherInbox(lastSequence: number): void;
}

export function createRecovery({ read, onOtherInbox }: RecoveryParts): RecoveryLook {
  const recoveries = createEmitter<Recovery>();
  let hasListened = false;
  let due: { after: number | undefined } | undefined;

  return {
    on(handler) {
      const stop = recoveries.on(handler);
      void look();
      return stop;
    },
    opened(after) {
      // Who has had nothing before has lost nothing.
      due = hasListened || after !== undefined ? { after } : undefined;
    },
    listening() {
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
