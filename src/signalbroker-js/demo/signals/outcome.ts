import type { Receipt } from "../../src/index";

/** What became of a signal at one session, for people. */
export interface OutcomeWords {
  tone: "good" | "bad" | "unsure";
  words: string;
}

const outcomes: Readonly<Record<string, OutcomeWords>> = {
  queued: { tone: "good", words: "on its way, the broker has it" },
  notListening: { tone: "bad", words: "not sent, it stopped listening" },
  overloaded: { tone: "bad", words: "not sent, it can't keep up; try again in a moment" },
};

/** A delivery's outcome in plain words. */
export function outcomeWords(outcome: string): OutcomeWords {
  return outcomes[outcome] ?? { tone: "unsure", words: "not certain, the broker didn't confirm it" };
}

/** The whole delivery in one sentence; a user may listen on several devices. */
export function deliverySummary(to: string, outcomes: readonly string[]): OutcomeWords {
  const queued = outcomes.filter((outcome) => outcome === "queued").length;
  if (outcomes.length === 1) {
    const { tone, words } = outcomeWords(outcomes[0] ?? "");
    return { tone, words: `To ${to}: ${words}.` };
  }
  const tone = queued === outcomes.length ? "good" : queued > 0 ? "unsure" : "bad";
  return { tone, words: `To ${to}: on its way to ${queued} of ${outcomes.length} devices.` };
}

/** What is stored for somebody. */
export function keptWords(to: string): OutcomeWords {
  return { tone: "good", words: `Kept for ${to} until ${to} has it.` };
}

/** What became of it in the end. */
export function receiptWords({ outcome, to = "The room", device }: Receipt): OutcomeWords {
  return outcome === "delivered"
    ? { tone: "good", words: device === undefined ? `${to} has it.` : `${to} has it, on “${device}”.` }
    : { tone: "bad", words: `It has expired before ${to} got it.` };
}
