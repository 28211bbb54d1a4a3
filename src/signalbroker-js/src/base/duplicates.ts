import { isSignal, type ControlSignal, type Signal } from "./envelope.js";

const remembered = 1000;

/** Recognizes envelopes that came before, by their sender and id; it remembers the last thousand. */
export function createDuplicates(): (envelope: Signal | ControlSignal) => boolean {
  const seen = new Set<string>();
  return (envelope) => {
    const { id } = envelope;
    const name = `${senderOf(envelope)} ${id}`;
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

/** Ids are chosen by their senders: nobody may silence somebody else's. No user id holds a blank. */
function senderOf(envelope: Signal | ControlSignal): string {
  if (!isSignal(envelope)) {
    return "   ";
  }
  const { from, fromApplication, fromMember = "" } = envelope;
  return from ?? (fromApplication === undefined ? `  ${fromMember}` : ` ${fromApplication}`);
}
