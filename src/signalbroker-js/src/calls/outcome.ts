import { createAlarm } from "../base/alarm.js";
import { deferred } from "../base/deferred.js";
import { SignalBrokerError } from "../base/errors.js";
import type { Call } from "./call.js";
import type { CallContent } from "./content.js";
import type { RingEnd, RingParts } from "./incoming.js";
import type { Line } from "./line.js";

const sentences = {
  cancelled: "The caller gave up.",
  silent: "The caller fell silent.",
  "answered-elsewhere": "Another device of the user answered.",
  declined: "Another device of the user declined.",
  closed: "The client was closed.",
};

type Reason = keyof typeof sentences;

/** What becomes of a call that rings here. */
export function createOutcome(line: Line, onEnded: RingParts["onEnded"]) {
  const ended = deferred<RingEnd>();
  const answered = deferred<Call>();
  const patience = createAlarm();
  const outcome = {
    isOver: false,
    /** Fulfilled when it no longer rings. */
    ended: ended.promise,
    /** The call, once it has begun. */
    answered: answered.promise,
    /** Gives the caller this long until its next signal. */
    wait: (ms: number, reason: Reason, code: string): void => patience.set(ms, () => stop(reason, code)),
    begin(call: Call): void {
      finish("accepted");
      answered.resolve(call);
    },
    /** Refuses the call, and tells the caller. */
    refuse(how: "declined" | "busy", error = new SignalBrokerError(how, "It was refused here.")): void {
      if (!outcome.isOver) {
        const answer: CallContent = { kind: how === "declined" ? "decline" : "busy" };
        finish(how, answer);
        answered.reject(error);
        void line.toSession(answer);
      }
    },
    /** Ends the ringing; the caller is told only if it asks. */
    stop,
  };
  return outcome;

  function stop(reason: Reason, code: string = reason): void {
    if (!outcome.isOver) {
      finish(reason, code === "peer-gone" || reason === "closed" ? { kind: "busy" } : undefined);
      answered.reject(new SignalBrokerError(code, sentences[reason]));
    }
  }

  /** @param answer what a caller hears who calls again */
  function finish(how: RingEnd | "silent", answer?: CallContent): void {
    outcome.isOver = true;
    patience.clear();
    onEnded(how, ({ kind }, sender, session) => {
      if (!answer || sender !== line.peer) {
        return;
      }
      line.peerSession = session;
      if (kind === "ring") {
        void line.toSession(answer);
      } else if (line.secret !== "" && (kind === "negotiate" || kind === "resume")) {
        void line.toSession({ kind: "end", reason: "hung-up" });
      }
    });
    ended.resolve(how === "silent" ? "cancelled" : how);
  }
}

export type Outcome = ReturnType<typeof createOutcome>;
