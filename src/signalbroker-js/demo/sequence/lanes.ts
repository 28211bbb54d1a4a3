import type { Step } from "./sequence";

/** Where an arrow begins or ends: here, at SignalBroker, at the user whom it is all about, or at any other. */
export type Lane = "me" | "broker" | "peer" | "third";

/** Which user has which lane. */
export interface Lanes {
  /** The user whom it is all about; empty while nobody is known. */
  readonly peer: string;
  /** What stands over the lane of all others; undefined while there are none. */
  readonly third: string | undefined;
  /** It is all about this user from now on. */
  about(peer: string): void;
  /** What is shown now. */
  use(steps: Iterable<Step>): void;
  endsOf(step: Step): { from: Lane; to: Lane };
  /** The label of an arrow, with the user's name where the lane doesn't tell it. */
  labelOf(step: Step): string;
}

export function createLanes(): Lanes {
  let peer = "";
  let others = new Set<string>();
  const isThird = (step: Step): boolean => hasPeer(step) && step.peer !== "" && step.peer !== peer;

  return {
    get peer() {
      return peer;
    },
    get third() {
      return others.size > 1 ? "others" : [...others][0];
    },
    about(next) {
      peer = next;
    },
    use(steps) {
      const named = [...steps].filter((step) => hasPeer(step) && step.peer !== "");
      peer ||= named[0]?.peer ?? "";
      others = new Set(named.filter(isThird).map((step) => step.peer));
    },
    endsOf(step) {
      const other = isThird(step) ? "third" : "peer";
      return { from: step.from === "peer" ? other : step.from, to: step.to === "peer" ? other : step.to };
    },
    labelOf: (step) => (isThird(step) && others.size > 1 ? `${step.peer}: ${step.label}` : step.label),
  };
}

function hasPeer({ from, to }: Step): boolean {
  return from === "peer" || to === "peer";
}
