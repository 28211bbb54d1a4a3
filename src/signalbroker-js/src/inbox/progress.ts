import type { Stored } from "./inbox.js";
import { recall, remember } from "./memory.js";
import type { InboxStorage } from "./options.js";

/** One that is not done with. */
export interface Entry {
  stored: Stored;
  /** `waiting` for a handler, `handed` over, or `failed`: its handler has thrown. */
  state: "waiting" | "handed" | "failed";
}

/** How far a device has come with an inbox. */
export interface Progress {
  /** Those that are not done with, by their sequences. */
  readonly open: Map<number, Entry>;
  /** The device has had everything up to here; undefined when nothing is known. */
  readonly last: number | undefined;
  /** One has come. */
  reach(sequence: number): void;
  /** It is another inbox than before, in which this is the newest. */
  restart(sequence: number): void;
  /** Whether it was done with, and may have come again, as its settling is not confirmed. */
  wasHandled(stored: Stored): boolean;
  finish(sequence: number, id: string): void;
  /** The webapp has confirmed it. */
  settled(sequences: readonly number[]): void;
  /** It is the inbox of this name from now on; whether it was another one. */
  switchTo(name: string): boolean;
}

export function createProgress(storage: InboxStorage | undefined): Progress {
  const open = new Map<number, Entry>();
  let handled = new Map<number, string>();
  let newest: number | undefined;
  let name = "";

  return {
    open,
    get last() {
      return last();
    },
    reach(sequence) {
      newest = Math.max(newest ?? 0, sequence);
    },
    restart(sequence) {
      newest = sequence;
    },
    wasHandled: ({ sequence, id }) => handled.get(sequence) === id,
    finish(sequence, id) {
      open.delete(sequence);
      handled.set(sequence, id);
      save();
    },
    settled(sequences) {
      sequences.forEach((sequence) => handled.delete(sequence));
      save();
    },
    switchTo(other) {
      const isOther = other !== name;
      if (isOther) {
        name = other;
        open.clear();
        ({ last: newest, handled } = recall(storage, name));
      }
      return isOther;
    },
  };

  function last(): number | undefined {
    return open.size > 0 ? Math.min(...open.keys()) - 1 : newest;
  }

  function save(): void {
    remember(storage, name, { last: last(), handled });
  }
}
