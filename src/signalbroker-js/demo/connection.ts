import type { Api, Identity, Problem, Session } from "./api";
import { backoffMs } from "./backoff";
import type { Listener, OpenListener } from "./listener";
import { problemSentence } from "./problems";

/** Where the connection stands; each state holds what the page says about it. */
export type State =
  | { name: "disconnected"; problem?: string }
  | { name: "connecting"; step: "asking" | "opening" | "subscribing"; session?: Session }
  | { name: "listening"; session: Session }
  /** `mayHurry` is false when the webapp asked to wait. */
  | { name: "reconnecting"; reason: string; retryAt: number; mayHurry: boolean };

export interface Connection {
  readonly state: State;
  /** Connects, and comes back after every lost socket until `disconnect`. */
  connect(identity: Identity): void;
  disconnect(): void;
  /** Ends a wait before its time, unless the webapp asked for it. */
  hurry(): void;
  /** The webapp no longer knows the session. */
  expired(): void;
}

export interface ConnectionParts {
  api: Api;
  openListener: OpenListener;
  onState(state: State): void;
  onReceived(body: string): void;
}

/** A node that loses its sockets sooner than this is not recovered: the next wait grows. */
const stableAfterMs = 15_000;

export function createConnection({ api, openListener, onState, onReceived }: ConnectionParts): Connection {
  let state: State = { name: "disconnected" };
  let identity: Identity = {};
  let failures = 0;
  let listeningSince: number | undefined;
  let notBefore = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let listener: Listener | undefined;
  let session: Session | undefined;
  /** Counts the attempts, so that a late answer to an older one is recognized. */
  let attempts = 0;

  return {
    get state() {
      return state;
    },
    connect(who) {
      identity = who;
      failures = 0;
      void attempt();
    },
    disconnect() {
      if (session) {
        void api.disconnect(session);
      }
      stop();
      show({ name: "disconnected" });
    },
    hurry() {
      if (state.name === "reconnecting" && Date.now() >= notBefore) {
        void attempt();
      }
    },
    expired() {
      if (state.name === "listening") {
        retry("The webapp no longer knows this session.");
      }
    },
  };

  async function attempt(): Promise<void> {
    stop();
    const mine = attempts;
    show({ name: "connecting", step: "asking" });
    const answer = await api.connect(identity);
    if (mine !== attempts) {
      if (answer.ok) {
        void api.disconnect(answer.value);
      }
      return;
    }
    if (!answer.ok) {
      fail(answer.problem);
      return;
    }

    const opened = answer.value;
    session = opened;
    show({ name: "connecting", step: "opening", session: opened });
    listener = openListener(opened, {
      admitted: () => show({ name: "connecting", step: "subscribing", session: opened }),
      listening() {
        // An anonymous user comes back under the name that the webapp gave.
        identity = { ...identity, userId: opened.userId };
        listeningSince = Date.now();
        show({ name: "listening", session: opened });
      },
      received: onReceived,
      lost: retry,
    });
  }

  function fail(problem: Problem): void {
    const sentence = problemSentence(problem);
    if (mayPass(problem)) {
      retry(sentence, problem.retryAfterMs);
    } else {
      stop();
      show({ name: "disconnected", problem: sentence });
    }
  }

  function retry(reason: string, askedToWaitMs = 0): void {
    if (listeningSince !== undefined && Date.now() - listeningSince >= stableAfterMs) {
      failures = 0;
    }
    stop();
    const waitMs = askedToWaitMs + backoffMs(failures);
    failures++;
    notBefore = Date.now() + askedToWaitMs;
    timer = setTimeout(() => void attempt(), waitMs);
    show({ name: "reconnecting", reason, retryAt: Date.now() + waitMs, mayHurry: askedToWaitMs === 0 });
  }

  function stop(): void {
    attempts++;
    clearTimeout(timer);
    listener?.close();
    listener = undefined;
    session = undefined;
    listeningSince = undefined;
  }

  /** Whether the same request may succeed later. A conflict may be with one's own lost session. */
  function mayPass({ status }: Problem): boolean {
    const cameBack = failures > 0;
    return status === 0 || status === 429 || status >= 500 || (status === 409 && cameBack);
  }

  function show(next: State): void {
    state = next;
    onState(next);
  }
}
