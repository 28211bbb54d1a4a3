import type { Signal } from "./envelope.js";

const remembered = 1000;

/** Recognizes signals that came before, by their sender and id; it remembers the last thousand. */
export function createDuplicates(): (signal: Signal) => boolean {
  const seen = new Set<string>();
  return ({ from, fromApplication, fromMember = "", id }) => {
    // Ids are chosen by their senders: nobody may silence somebody else's. No user id holds a blank.
    const name = `${from ?? (fromApplication === undefined ? `  ${fromMember}` : ` ${fromApplication}`)} ${id}`;
    if (id === "" || !seen.has(name)) {
      seen.add(name);
      if (seen.size > remembered) {
        for (const oldest of seen) {
          seen.delete(oldest);
          break;
        }
      }
      return false;
    }
    return true;
  };
}
