import { isSignal, type ControlSignal, type Signal } from "./envelope.js";
import { keepNewest } from "./newest.js";

const remembered = 1000;

/** Recognizes envelopes that have come before, by sender and id; it remembers the last thousand. */
export function createDuplicates(): (envelope: Signal | ControlSignal) => boolean {
  const seen = new Set<string>();
  return (envelope) => {
    const { id } = envelope;
    const name = `${senderOf(envelope)} ${id}`;
    const isDuplicate = id !== "" && seen.has(name);
    if (!isDuplicate) {
      seen.add(name);
      keepNewest(seen, remembered);
    }
    return isDuplicate;
  };
}

/** Senders choose their own ids, which must not suppress anybody else's. No user id contains a blank. */
function senderOf(envelope: Signal | ControlSignal): string {
  if (!isSignal(envelope)) {
    return "   ";
  }
  const { from, fromApplication, fromMember = "" } = envelope;
  return from ?? (fromApplication === undefined ? `  ${fromMember}` : ` ${fromApplication}`);
}
