import type { Presence } from "../../src/index";

/** What the list of people knows of one of them. */
export interface Person {
  userId: string;
  presence: Presence | undefined;
}

/** Where somebody is, in a word or two. */
export function whereabouts({ presence }: Person, now = new Date()): string {
  switch (presence?.state) {
    case "listening":
      return presence.devices.map(({ device }) => device).filter(Boolean).join(", ") || "here";
    case "unknown":
      return "not certain";
    case "hidden":
      return "not shown";
    case "away":
      return presence.lastSeen ? `seen ${timeWords(presence.lastSeen, now)}` : "never seen";
    default:
      return "";
  }
}

function timeWords(time: Date, now: Date): string {
  return time.toDateString() === now.toDateString()
    ? time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false })
    : time.toLocaleDateString([], { day: "numeric", month: "short" });
}

/** Those who can be reached first, then those who were there last. */
export function inOrder(people: Iterable<Person>): Person[] {
  return [...people].sort(
    (one, other) => rank(one) - rank(other) || seen(other) - seen(one) || (one.userId < other.userId ? -1 : 1),
  );
}

function rank({ presence }: Person): number {
  const place = ["listening", "unknown"].indexOf(presence?.state ?? "");
  return place < 0 ? 2 : place;
}

function seen({ presence }: Person): number {
  return presence?.lastSeen?.getTime() ?? 0;
}
