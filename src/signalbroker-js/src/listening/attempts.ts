import { mayBeDone } from "../base/again.js";
import { SignalBrokerError } from "../base/errors.js";
import { createAttempt, type Attempt, type AttemptEvents } from "./attempt.js";
import type { Way } from "./choice.js";
import type { ListeningParts } from "./listening.js";
import { createSchedule } from "./schedule.js";
import type { Session } from "./session.js";
import type { Interruption } from "./state.js";

/** What attempts tell their owner. */
export interface AttemptsEvents {
  began(): void;
  /** One takes long. */
  slow(): void;
  /** None is under way. */
  waiting(why: Interruption, retryAt?: Date): void;
  listening(session: Session, way: Way): void;
  /** The webapp refuses for good. */
  refused(why: Interruption): void;
}

/** Attempts to listen, one after the other. */
export function createAttempts(parts: ListeningParts, events: AttemptsEvents) {
  const schedule = createSchedule(start, events.waiting);
  let hasListened = false;
  let isBack = false;
  /** This client's own request for a session got no answer: the webapp may open that session late, and end this one. */
  let mayReplaceItself = false;
  /** The session that was lost last: the next one takes over from it. */
  let predecessor: Session | undefined;

  const usual: AttemptEvents = {
    slow: events.slow,
    failed,
    listening(session, way) {
      hasListened = true;
      isBack = false;
      predecessor = undefined;
      events.listening(session, way);
    },
    lost(reason, hasOtherWay) {
      const lost = attempts.current?.listening?.session;
      if (lost?.knownAs !== undefined) {
        predecessor = lost;
      }
      retry({ code: "listening-lost", reason }, 0, hasOtherWay);
    },
  };

  const attempts = {
    /** The one that is being made, or that listens. */
    current: undefined as Attempt | undefined,
    /** The one that is to take the place of the current one, which goes on. */
    successor: undefined as Attempt | undefined,
    /** What the current one tells. */
    events: usual,
    start,
    /** Ends the current one; the next one comes later. */
    retry,
    /** Trying again at once may succeed. */
    hurry: schedule.hurry,
    /** The page is shown again, like a new one. */
    comeBack(): void {
      isBack = true;
      schedule.idle();
      schedule.hurry();
    },
    /** Whether a session may have lost its place to one that this client asked for itself, in vain. */
    replacedItself(): boolean {
      const may = mayReplaceItself;
      // Says so only once, or two clients could replace each other for ever.
      mayReplaceItself = false;
      return may;
    },
    /** @param isLeaving whether the page may be gone before an answer comes */
    stop,
  };
  return attempts;

  function start(): void {
    void stop(false);
    if (!parts.surroundings.isOnline()) {
      schedule.idle();
      events.waiting({ code: "offline", reason: "The browser is offline." });
      return;
    }
    const open = (): Promise<Session> => parts.openSession(hasListened && !isBack, predecessor);
    attempts.current = createAttempt(parts, open, usual);
    events.began();
  }

  function failed(error: unknown): void {
    if (!(error instanceof SignalBrokerError)) {
      retry({ code: "token-unavailable", reason: `The token is not available (${String(error)}).` });
    } else if (mayPass(error, hasListened)) {
      mayReplaceItself ||= mayBeDone(error);
      retry({ code: error.code, reason: error.message }, error.retryAfterMs);
    } else if (predecessor) {
      // It can't be taken over from any more, or the webapp is too old for that.
      predecessor = undefined;
      start();
    } else {
      events.refused({ code: error.code, reason: error.message });
    }
  }

  function retry(why: Interruption, askedToWaitMs = 0, hasOtherWay = false): void {
    if (attempts.current?.isStable) {
      schedule.recovered();
    }
    void stop(false);
    schedule.failed(why, askedToWaitMs, hasOtherWay);
  }

  async function stop(isLeaving: boolean): Promise<void> {
    const { current, successor } = attempts;
    attempts.current = attempts.successor = undefined;
    schedule.stop();
    mayReplaceItself ||= current?.isAsking === true;
    if (isLeaving) {
      predecessor = undefined;
    }
    await Promise.all([current, successor].map((attempt) => attempt?.stop(isLeaving)));
  }
}

export type Attempts = ReturnType<typeof createAttempts>;

/** Whether the same request may succeed later. A conflict may be with the client's own lost session. */
function mayPass({ status, code }: SignalBrokerError, hasListened: boolean): boolean {
  return (
    status === undefined ||
    code === "unreachable" ||
    status === 408 ||
    status === 429 ||
    status >= 500 ||
    (status === 409 && hasListened && code !== "session-replaced")
  );
}
