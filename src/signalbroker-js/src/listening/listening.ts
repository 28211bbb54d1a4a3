import { mayBeDone } from "../base/again.js";
import { SignalBrokerError, type ErrorCode } from "../base/errors.js";
import type { Surroundings } from "../base/surroundings.js";
import type { TransportChoice } from "./choice.js";
import type { Transport, TransportEvents } from "./transport.js";
import { backoffMs } from "../base/backoff.js";
import type { Session } from "./session.js";
import type { Interruption, State } from "./state.js";

/** Listens, and comes back after every loss with a new session. */
export interface Listening {
  readonly state: State;
  /** Why it does not listen. */
  readonly problem: Interruption;
  /** The session and the way in and out, while it listens. */
  readonly current: { session: Session; transport: Transport } | undefined;
  start(): void;
  /** The webapp no longer knows the session. */
  expired(session: Session): void;
  /** The webapp has given the session's place to a newer one of the user. */
  replaced(): void;
  /** The page is being left, and may come back. */
  leave(): void;
  comeBack(): void;
  close(problem: Interruption): Promise<void>;
}

export interface ListeningParts {
  /** @param resumes whether the client has listened before, and its page was not left since */
  openSession(resumes: boolean): Promise<Session>;
  /** A session is open that is going to be listened to. */
  onOpened(session: Session): void;
  closeSession(session: Session, keepalive: boolean): Promise<void>;
  /** What an attempt waits for at this moment, while no session is open. */
  waitsFor(): Interruption;
  transports: TransportChoice;
  surroundings: Surroundings;
  onState(state: State): void;
  onReceived(body: string): void;
}

const gone = { code: "unauthorized", reason: "The webapp no longer knows the session." };
const replaced = { code: "session-replaced", reason: "Another client of the user has taken the place of this one." };

/** An attempt that takes longer says what it waits for. */
const slowMs = 8000;

/** A session that is lost sooner than this shows no recovery: the next wait grows. */
const stableAfterMs = 15_000;

export function createListening(parts: ListeningParts): Listening {
  const { transports, surroundings } = parts;
  let state: State = { name: "connecting" };
  let problem: Interruption | undefined;
  let hasListened = false;
  /** The page is shown again, which is like a new one. */
  let isBack = false;
  let failures = 0;
  let listeningSince: number | undefined;
  /** The webapp asked not to be asked before this time, for this reason. */
  let notBefore = 0;
  let postponed: Interruption | undefined;
  let isWaiting = false;
  let isAsking = false;
  /** A request of its own for a session got no answer: the webapp may open that session later, and end this one for it. */
  let mayReplaceItself = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let slow: ReturnType<typeof setTimeout> | undefined;
  let session: Session | undefined;
  let transport: Transport | undefined;
  /** Counts the attempts, so that a late answer to an older one is recognized. */
  let attempts = 0;

  surroundings.onWake(hurry);
  surroundings.onNetworkChange(transports.forget);

  return {
    get state() {
      return state;
    },
    get problem() {
      return problem ?? waitsFor();
    },
    get current() {
      return state.name === "listening" && session && transport ? { session, transport } : undefined;
    },
    start: () => void attempt(),
    expired(which) {
      if (session === which) {
        retry(gone);
      }
    },
    replaced() {
      if (mayReplaceItself) {
        // Once only, or two clients could replace each other for ever. By its line the next session ends the late one,
        // and takes nobody else's place, as it resumes.
        mayReplaceItself = false;
        retry(gone);
      } else {
        void close(replaced);
      }
    },
    leave() {
      if (state.name !== "closed") {
        void stop(true);
        wait({ code: "page-left", reason: "The page was left." });
      }
    },
    comeBack() {
      if (state.name !== "closed") {
        isBack = isWaiting = true;
        hurry();
      }
    },
    close,
  };

  async function attempt(): Promise<void> {
    void stop();
    if (!surroundings.isOnline()) {
      isWaiting = true;
      wait({ code: "offline", reason: "The browser is offline." });
      return;
    }
    const mine = attempts;
    if (problem) {
      wait(problem);
    }
    slow = setTimeout(() => wait(waitsFor()), slowMs);
    let opened: Session;
    isAsking = true;
    try {
      opened = await parts.openSession(hasListened && !isBack);
    } catch (error) {
      if (mine === attempts) {
        isAsking = false;
        fail(error);
      }
      return;
    }
    if (mine !== attempts) {
      void parts.closeSession(opened, false);
      return;
    }

    isAsking = false;
    session = opened;
    parts.onOpened(opened);
    const { by, open, withinMs } = transports.next();
    const events: TransportEvents = {
      listening() {
        clearTimeout(slow);
        transports.succeeded();
        hasListened = true;
        isBack = false;
        listeningSince = performance.now();
        const { userId, device, listeningKey, listeningAddress } = opened;
        show({ name: "listening", by, session: { userId, device, listeningKey, listeningAddress } });
      },
      received: parts.onReceived,
      lost(reason, isBlocked) {
        const hasOtherWay = isBlocked && transports.failed();
        retry({ code: "listening-lost", reason }, 0, hasOtherWay);
      },
    };
    transport = open(opened, events, withinMs);
  }

  function fail(error: unknown): void {
    if (!(error instanceof SignalBrokerError)) {
      retry({ code: "token-unavailable", reason: `The token can't be had (${String(error)}).` });
    } else if (mayPass(error)) {
      mayReplaceItself ||= mayBeDone(error);
      retry({ code: error.code, reason: error.message }, error.retryAfterMs);
    } else {
      void close({ code: error.code, reason: error.message });
    }
  }

  /** @param isOtherWay whether the next attempt goes another way, whose first it is */
  function retry(why: Interruption, askedToWaitMs = 0, isOtherWay = false): void {
    if (listeningSince !== undefined && performance.now() - listeningSince >= stableAfterMs) {
      failures = 0;
    }
    void stop();
    const waitMs = isOtherWay ? 0 : askedToWaitMs + backoffMs(failures);
    failures++;
    notBefore = performance.now() + askedToWaitMs;
    postponed = why;
    attemptIn(waitMs, why);
  }

  function attemptIn(waitMs: number, why: Interruption): void {
    isWaiting = true;
    timer = setTimeout(() => void attempt(), waitMs);
    wait(why, new Date(Date.now() + waitMs));
  }

  function hurry(): void {
    const waitMs = notBefore - performance.now();
    if (isWaiting && waitMs <= 0) {
      void attempt();
    } else if (isWaiting && postponed && timer === undefined) {
      attemptIn(waitMs, postponed);
    }
  }

  async function close(why: Interruption): Promise<void> {
    if (state.name !== "closed") {
      const stopped = stop(true);
      show({ name: "closed", problem: why });
      await stopped;
    }
  }

  /** @param isLeaving whether the page may be gone before an answer comes */
  function stop(isLeaving = false): Promise<void> {
    attempts++;
    isWaiting = false;
    mayReplaceItself ||= isAsking;
    isAsking = false;
    clearTimeout(timer);
    clearTimeout(slow);
    timer = undefined;
    transport?.close();
    // The end of a listening socket ends its session; a request of its own would only add to an outage's load.
    const isDone = session && (isLeaving || listeningSince === undefined);
    const closed = session && isDone ? parts.closeSession(session, isLeaving) : Promise.resolve();
    transport = undefined;
    session = undefined;
    listeningSince = undefined;
    return closed;
  }

  /** Whether the same request may succeed later. A conflict may be with one's own lost session. */
  function mayPass({ status, code }: { status: number | undefined; code: ErrorCode }): boolean {
    return (
      status === undefined ||
      code === "unreachable" ||
      status === 408 ||
      status === 429 ||
      status >= 500 ||
      (status === 409 && hasListened && code !== "session-replaced")
    );
  }

  function waitsFor(): Interruption {
    return session ? { code: "listening-lost", reason: "The server has not confirmed yet that it listens." } : parts.waitsFor();
  }

  function wait(why: Interruption, retryAt?: Date): void {
    problem = why;
    const name = hasListened ? "reconnecting" : "connecting";
    show(retryAt ? { name, problem: why, retryAt } : { name, problem: why });
  }

  function show(next: State): void {
    state = next;
    parts.onState(next);
  }
}
