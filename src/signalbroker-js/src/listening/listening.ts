import type { Deferred } from "../base/deferred.js";
import { textOf, type JsonObject } from "../base/json.js";
import type { Surroundings } from "../base/surroundings.js";
import { createAttempts, type Attempts } from "./attempts.js";
import type { TransportChoice } from "./choice.js";
import type { Mover } from "./move.js";
import type { Session } from "./session.js";
import type { Interruption, SessionInfo, State } from "./state.js";
import type { Transport } from "./transport.js";

/** Listens, and comes back after every loss with a new session. */
export interface Listening {
  readonly state: State;
  /** Why it does not listen. */
  readonly problem: Interruption;
  /** The session that listens, or listened last. */
  readonly session: SessionInfo | undefined;
  /** The session and its transport, while it listens. */
  readonly current: { session: Session; transport: Transport } | undefined;
  start(): void;
  /** The webapp no longer knows the session. */
  expired(session: Session): void;
  /** The server tells of the session itself: that another one takes its place, or is to take over from it. */
  hear(told: JsonObject): void;
  /** The page is being left, and may come back. */
  leave(): void;
  comeBack(): void;
  close(problem: Interruption): Promise<void>;
}

export interface ListeningParts {
  /**
   * @param resumes whether the client has listened before, and its page has not been left since
   * @param predecessor the client's own session from which it is to take over
   */
  openSession(resumes: boolean, predecessor: Session | undefined): Promise<Session>;
  /** A session is open, and will be listened to. */
  onOpened(session: Session): void;
  /** A session has taken over from the one that listened. */
  onMoved(session: Session): void;
  closeSession(session: Session, keepalive: boolean): Promise<void>;
  /** What an attempt waits for while no session is open. */
  waitsFor(): Interruption;
  transports: TransportChoice;
  surroundings: Surroundings;
  /** What is sent through the socket. */
  socket: {
    /** What has not been answered yet. */
    unanswered(): Deferred<JsonObject>[];
    /** No more answers come to this. */
    lost(sent: Deferred<JsonObject>[]): void;
  };
  onState(state: State, before: State): void;
  onReceived(body: string): void;
}

const gone = { code: "unauthorized", reason: "The webapp no longer knows the session." };
const replaced = { code: "session-replaced", reason: "Another client of the user has taken the place of this one." };

export function createListening(parts: ListeningParts): Listening {
  let state: State = { name: "connecting" };
  let problem: Interruption | undefined;
  let session: SessionInfo | undefined;
  let mover: Promise<Mover | undefined> | undefined;
  const attempts = createAttempts(parts, {
    began: () => problem && wait(problem),
    slow: () => wait(waitsFor(attempts, parts)),
    waiting: wait,
    listening({ userId, device, listeningKey, knownAs = listeningKey, listeningAddress }, way) {
      session = { userId, device, listeningKey, knownAs, listeningAddress };
      const protocol = way === "sse" ? undefined : way;
      show({ name: "listening", by: protocol ? "websocket" : "sse", protocol, session });
    },
    refused: (why) => void close(why),
  });
  parts.surroundings.onWake(attempts.hurry);
  parts.surroundings.onNetworkChange(parts.transports.forget);

  return {
    get state() {
      return state;
    },
    get problem() {
      return problem ?? waitsFor(attempts, parts);
    },
    get session() {
      return session;
    },
    get current() {
      return current();
    },
    start: attempts.start,
    expired(which) {
      if (current()?.session === which) {
        attempts.retry(gone);
      }
    },
    hear(told) {
      const event = textOf(told, "event");
      if (event === "ended") {
        void close({ code: "session-ended", reason: textOf(told, "reason") ?? "The server has ended the session." });
      } else if (event !== "replaced") {
        move(told);
      } else if (attempts.replacedItself()) {
        // By its line the next session ends the late one; as it resumes, it takes nobody else's place.
        attempts.retry(gone);
      } else {
        void close(replaced);
      }
    },
    leave() {
      if (state.name !== "closed") {
        void attempts.stop(true);
        wait({ code: "page-left", reason: "The page was left." });
      }
    },
    comeBack() {
      if (state.name !== "closed") {
        attempts.comeBack();
      }
    },
    close,
  };

  function current(): Listening["current"] {
    const listening = attempts.current?.listening;
    // The webapp takes a successor's credential from the beginning, and may take the old one's no more.
    return listening && { ...listening, session: attempts.successor?.session ?? listening.session };
  }

  /** Loads what moves sessions, a file of its own; where that is impossible, a move is a loss. */
  function move(told: JsonObject): void {
    const old = attempts.current;
    mover ??= import("./move.js").then(
      ({ createMover }) => createMover(attempts, parts),
      () => (mover = undefined),
    );
    void mover.then((loaded) => loaded?.(told, old));
  }

  async function close(why: Interruption): Promise<void> {
    if (state.name !== "closed") {
      const stopped = attempts.stop(true);
      show({ name: "closed", problem: why });
      await stopped;
    }
  }

  function wait(why: Interruption, retryAt?: Date): void {
    problem = why;
    const name = session ? "reconnecting" : "connecting";
    show(retryAt ? { name, problem: why, retryAt } : { name, problem: why });
  }

  function show(next: State): void {
    const before = state;
    state = next;
    parts.onState(next, before);
  }
}

function waitsFor({ current }: Attempts, parts: ListeningParts): Interruption {
  return current?.session
    ? { code: "listening-lost", reason: "The server has not confirmed yet that it listens." }
    : parts.waitsFor();
}
