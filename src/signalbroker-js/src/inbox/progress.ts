import type { Stored } from "./inbox.js";
import { recall, remember } from "./memory.js";
import type { InboxStorage } from "./options.js";

/** A stored signal that is not done with. */
export interface Entry {
  stored: Stored;
  /** `waiting` for a handler, `handed` over, or `failed`: its handler has thrown. */
  state: "waiting" | "handed" | "failed";
}

/** How far a device has come with an inbox. */
export function createProgress(storage: InboxStorage | undefined) {
  const open = new Map<number, Entry>();
  let handled = new Map<number, string>();
  let newest: number | undefined;
  let name = "";

  return {
    /** Those that are not done with, by their sequences. */
    open,
    /** The device has had everything up to here; undefined when nothing is known. */
    get last(): number | undefined {
      return last();
    },
    /** One has come. */
    reach(sequence: number): void {
      newest = Math.max(newest ?? 0, sequence);
    },
    /** It is another inbox than before; this is its newest sequence. */
    restart(sequence: number): void {
      newest = sequence;
    },
    /** Whether it was done with, and has come again because its settling was not confirmed. */
    wasHandled: ({ sequence, id }: Stored): boolean => handled.get(sequence) === id,
    finish(sequence: number, id: string): void {
      open.delete(sequence);
      handled.set(sequence, id);
      save();
    },
    /** The webapp has confirmed it. */
    settled(sequences: readonly number[]): void {
      sequences.forEach((sequence) => handled.delete(sequence));
      save();
    },
    /** Switches to the inbox of this name; returns whether it was another one before. */
    switchTo(other: string): boolean {
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
