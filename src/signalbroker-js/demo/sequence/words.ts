import type { Step } from "./sequence";

/** A time since a chapter's beginning, short enough for a margin. */
export function timeWords(ms: number): string {
  if (ms < 1000) {
    return `${Math.round(ms)} ms`;
  }
  const seconds = ms / 1000;
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** A step in a sentence, for those who can't see the diagram. */
export function stepWords({ at, from, to, peer, label, tone, outcome }: Step): string {
  const names = { me: "you", broker: "SignalBroker", peer: peer || "the other" };
  const way = tone === "direct" ? ", directly" : ", through SignalBroker";
  const through = from === "broker" || to === "broker" ? "" : way;
  const fault = tone === "fault" ? " (a fault)" : "";
  const became = outcome ? ` (${outcome.words} after ${timeWords(outcome.after)})` : fault;
  return `${timeWords(at)}: ${names[from]} to ${names[to]}${through}: ${label}${became}`;
}
