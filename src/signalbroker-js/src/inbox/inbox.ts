import { insist } from "../base/again.js";
import { isSignal, type ControlSignal, type Signal } from "../base/envelope.js";
import { objectOf } from "../base/json.js";
import type { Requests } from "../listening/requests.js";
import type { InboxClient, InboxOptions } from "./options.js";
import { createProgress, type Entry } from "./progress.js";
import { createRecovery } from "./recovery.js";
import { createSettling } from "./settling.js";

/** Receives the user's stored signals: each is handed over once and in order, and settled when it is done with. */
export interface Inbox extends Pick<InboxClient, "settle" | "onRecovery"> {
  receive(stored: Stored): void;
  /** There is a new handler. */
  handOver(): void;
  /** A session is open, and will soon listen. */
  opened(session: { userId: string; device: string | undefined }): void;
  listening(): void;
  /** Settles what is due; fulfilled when that has been tried. */
  flush(): Promise<void>;
  /** The page is being left. */
  leave(): void;
}

export type Stored = (Signal | ControlSignal) & { sequence: number };

export interface InboxParts {
  options: InboxOptions;
  /** The webapp's address: another one has another inbox. */
  url: string;
  requests: Requests;
  /** Gives it to its handlers, and returns what they promise; undefined when it has none. */
  hand(envelope: Signal | ControlSignal): Promise<unknown>[] | undefined;
  isDuplicate(envelope: Signal | ControlSignal): boolean;
  /**
   * Sends what is settled.
   * @throws SignalBrokerError `unauthorized` when nothing listens
   */
  settle(sequences: readonly number[]): Promise<unknown>;
  /** The same as the last thing. */
  settleLast(sequences: readonly number[]): void;
}

export function createInbox({ options, url, requests, hand, isDuplicate, settle, settleLast }: InboxParts): Inbox {
  const progress = createProgress(options.storage);
  const { open } = progress;
  const settling = createSettling({ settle, settleLast, onSettled: progress.settled });
  const recovery = createRecovery({
    async read(after) {
      const query = new URLSearchParams({ limit: "0", ...(after === undefined ? {} : { after: String(after) }) });
      return objectOf(await insist(() => requests.ask("GET", `inbox?${query}`)));
    },
    onOtherInbox: progress.restart,
  });

  return {
    receive(stored) {
      const { sequence, id } = stored;
      progress.reach(sequence);
      const entry = open.get(sequence);
      if (entry && entry.stored.id === id && entry.state !== "failed") {
        return;
      }
      if (!entry && (progress.wasHandled(stored) || isDuplicate(stored))) {
        finish(sequence, id);
        return;
      }
      const fresh: Entry = { stored, state: "waiting" };
      open.set(sequence, fresh);
      begin(fresh);
    },
    handOver() {
      for (const entry of open.values()) {
        if (entry.state === "waiting") {
          begin(entry);
        }
      }
    },
    settle({ sequence, id }) {
      if (sequence !== undefined) {
        finish(sequence, id);
      }
    },
    onRecovery: recovery.on,
    opened({ userId, device }) {
      if (progress.switchTo(`signalbroker ${url} ${userId} ${device ?? ""}`)) {
        settling.clear();
      }
      recovery.opened(progress.last);
    },
    listening() {
      settling.resume();
      recovery.listening();
    },
    flush: settling.flush,
    leave: settling.leave,
  };

  function begin(entry: Entry): void {
    const { stored } = entry;
    const ends = hand(stored);
    if (!ends) {
      return;
    }
    entry.state = "handed";
    if (options.settle === "manual" && isSignal(stored)) {
      return;
    }
    void Promise.all(ends).then(
      () => open.get(stored.sequence) === entry && finish(stored.sequence, stored.id),
      (error: unknown) => {
        entry.state = "failed";
        throw error;
      },
    );
  }

  function finish(sequence: number, id: string): void {
    progress.finish(sequence, id);
    settling.add(sequence);
  }
}
