import type { Step } from "./sequence";

/** Where an arrow begins or ends: here, at SignalBroker, at the user whom it is all about, or at any other. */
export type Lane = "me" | "broker" | "peer" | "third";

/** Which user has which lane. */
export function createLanes() {
  let others = new Set<string>();
  const isThird = (step: Step): boolean => hasPeer(step) && step.peer !== "" && step.peer !== lanes.peer;

  const lanes = {
    /** The user whom it is all about; empty while nobody is known. */
    peer: "",
    /** The heading of the lane of all others; undefined while there are none. */
    get third(): string | undefined {
      return others.size > 1 ? "others" : [...others][0];
    },
    /** These are the steps that are shown now. */
    use(steps: Iterable<Step>): void {
      const named = [...steps].filter((step) => hasPeer(step) && step.peer !== "");
      lanes.peer ||= named[0]?.peer ?? "";
      others = new Set(named.filter(isThird).map((step) => step.peer));
    },
    endsOf(step: Step): { from: Lane; to: Lane } {
      const other = isThird(step) ? "third" : "peer";
      return { from: step.from === "peer" ? other : step.from, to: step.to === "peer" ? other : step.to };
    },
    /** The label of an arrow, with the user's name where the lane doesn't tell it. */
    labelOf: (step: Step): string => (isThird(step) && others.size > 1 ? `${step.peer}: ${step.label}` : step.label),
  };
  return lanes;
}

export type Lanes = ReturnType<typeof createLanes>;

function hasPeer({ from, to }: Step): boolean {
  return from === "peer" || to === "peer";
}
