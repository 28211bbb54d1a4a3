import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import { randomToken } from "../base/random.js";
import type { Call } from "./call.js";
import type { ReceivedContent } from "./content.js";
import type { RingParts } from "./incoming.js";
import type { Line } from "./line.js";
import type { Begin, LiveCall } from "./liveCall.js";
import type { CallMedia } from "./options.js";
import type { Outcome } from "./outcome.js";

/** How long the caller may take to begin after this end has accepted. */
const confirmWithinMs = 45_000;

/** This end's acceptance of a call that rings here. */
export function createAcceptance({ parts, prepare }: RingParts, line: Line, outcome: Outcome) {
  const saidBy = new Set<string>();
  let hasAccepted = false;
  let begin: Begin | undefined;
  let replaced: string | undefined;
  const isPending = (): boolean => hasAccepted && !outcome.isOver;

  return {
    /** Whether this end has accepted, and the caller has not begun. */
    isPending,
    /** Whether the connection is ready, so that the caller can begin. */
    get isReady(): boolean {
      return begin !== undefined;
    },
    /** @param replaces this end's own call that gives way to it */
    async accept(options: CallMedia, replaces?: string): Promise<Call> {
      if (!hasAccepted && !outcome.isOver) {
        hasAccepted = true;
        replaced = replaces;
        try {
          begin = await prepare(options);
          line.secret = randomToken();
        } catch (error) {
          fail(error);
        }
        if (isPending()) {
          outcome.wait(confirmWithinMs, "cancelled", "peer-gone");
          say();
        }
      }
      return outcome.answered;
    },
    /** Tells the caller. */
    say,
    /** Whether this session has told the caller. */
    wasSaidBy: (session: string): boolean => saidBy.has(session),
    /** Takes the caller's first signal, with which the call begins. */
    take(content: ReceivedContent, session: string): void {
      if (!begin || !line.accepts(content, line.peer, session)) {
        return;
      }
      let live: LiveCall;
      try {
        live = begin(line);
      } catch (error) {
        fail(error);
        return;
      }
      outcome.begin(live.call);
      live.receive(content);
    },
  };

  function say(): void {
    saidBy.add(parts.self());
    void line.toSession({ kind: "accept", secret: line.secret, replaces: replaced }).then((reached) => {
      if (reached instanceof SignalBrokerError && isPending()) {
        fail(reached);
      }
    });
  }

  /** No connection is possible here; another device may do better. */
  function fail(error: unknown): void {
    outcome.refuse("busy", asSignalBrokerError(error, "no-webrtc"));
  }
}
