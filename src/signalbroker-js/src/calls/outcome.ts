import { createAlarm } from "../base/alarm.js";
import { deferred } from "../base/deferred.js";
import { SignalBrokerError } from "../base/errors.js";
import type { Call } from "./call.js";
import type { Caller } from "./caller.js";
import type { CallContent } from "./content.js";
import type { Late, RingEnd } from "./incoming.js";

/** What becomes of a call that rings here. */
export interface Outcome {
  readonly isOver: boolean;
  /** Fulfilled when it rings no more. */
  readonly ended: Promise<RingEnd>;
  /** The call, once it has begun. */
  readonly answered: Promise<Call>;
  /** Waits so long for the caller's next word. */
  wait(ms: number, ...stopped: Parameters<Outcome["stop"]>): void;
  begin(call: Call): void;
  /** The caller is told so. */
  refuse(how: "declined" | "busy", error?: SignalBrokerError): void;
  /** The caller is told nothing, unless it asks. */
  stop(reason: keyof typeof sentences, code?: string): void;
}

const unavailable: CallContent = { kind: "busy" };

const sentences = {
  cancelled: "The caller gave up.",
  silent: "The caller fell silent.",
  "answered-elsewhere": "Another device of the user answered.",
  declined: "Another device of the user declined.",
  closed: "The client was closed.",
};

export function createOutcome(caller: Caller, onEnded: (how: RingEnd | "silent", late: Late) => void): Outcome {
  const ended = deferred<RingEnd>();
  const answered = deferred<Call>();
  const patience = createAlarm();
  let isOver = false;

  return {
    get isOver() {
      return isOver;
    },
    ended: ended.promise,
    answered: answered.promise,
    wait: (ms, reason, code) => patience.set(ms, () => stop(reason, code)),
    begin(call) {
      finish("accepted");
      answered.resolve(call);
    },
    refuse(how, error = new SignalBrokerError(how, "It was refused here.")) {
      if (!isOver) {
        const answer: CallContent = { kind: how === "declined" ? "decline" : "busy" };
        finish(how, answer);
        answered.reject(error);
        void caller.say(answer);
      }
    },
    stop,
  };

  function stop(reason: keyof typeof sentences, code: string = reason): void {
    if (!isOver) {
      finish(reason, code === "peer-gone" || reason === "closed" ? unavailable : undefined);
      answered.reject(new SignalBrokerError(code, sentences[reason]));
    }
  }

  /** @param answer what the caller hears who calls again */
  function finish(how: RingEnd | "silent", answer?: CallContent): void {
    isOver = true;
    patience.clear();
    onEnded(how, ({ kind }, sender, session) => {
      if (!answer || sender !== caller.user) {
        return;
      }
      caller.session = session;
      if (kind === "ring") {
        void caller.say(answer);
      } else if (caller.secret !== "" && (kind === "negotiate" || kind === "resume")) {
        void caller.say({ kind: "end", reason: "hung-up" });
      }
    });
    ended.resolve(how === "silent" ? "cancelled" : how);
  }
}
