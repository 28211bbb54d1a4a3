import { deferred } from "../base/deferred.js";
import { objectOf, parseJson } from "../base/json.js";
import { within } from "../base/pending.js";
import { createAttempt, type Attempt } from "./attempt.js";
import type { Attempts } from "./attempts.js";
import type { TransportChoice, Way } from "./choice.js";
import { createHold } from "./hold.js";
import type { ListeningParts } from "./listening.js";
import type { Markers } from "./markers.js";
import type { Session } from "./session.js";
import type { Transport } from "./transport.js";

export interface SuccessionParts {
  attempts: Attempts;
  parts: ListeningParts;
  /** The attempt that listens. */
  old: Attempt;
  markers: Markers;
  /** Nobody has taken over. */
  onFailed(error?: unknown): void;
}

/** How long the old socket stays for the answers to what was sent through it. */
const answersWithinMs = 2000;
/** How long the first marker may take: a server that sends none has nothing to wait for. */
const markersWithinMs = 10_000;

/** One try to have a successor take over from the attempt that listens. */
export function createSuccession({ attempts, parts, old, markers, onFailed }: SuccessionParts) {
  /** Nothing more comes through the old socket, or the successor has gone as well. */
  const over = deferred<void>();
  let send: Transport["send"];
  const incoming = createHold(parts.onReceived, isAnswer);
  const outgoing = createHold((body) => send?.(body));
  const successor = createAttempt(
    { ...parts, onOpened: () => undefined, onReceived: incoming.take, transports: holding(parts.transports, hold) },
    open,
    { slow: () => undefined, failed: fail, listening: (...listening) => void takeOver(...listening), lost: () => fail() },
  );
  attempts.successor = successor;

  return {
    /** Waits for nothing more. */
    end: (): void => over.resolve(),
  };

  async function open(): Promise<Session> {
    const predecessor = old.session && { ...old.session, listens: true };
    const session = await parts.openSession(true, predecessor);
    if (session.knownAs !== predecessor?.knownAs) {
      void parts.closeSession(session, false);
      throw new Error("This webapp is too old to move a session.");
    }
    return session;
  }

  function fail(error?: unknown): void {
    attempts.successor = undefined;
    void successor.stop(false);
    onFailed(error);
  }

  /** The transport, through which nothing goes out before what went through the old one is answered. */
  function hold(transport: Transport): Transport {
    ({ send } = transport);
    const close = (): void => {
      send = undefined;
      transport.close();
      incoming.release();
      over.resolve();
    };
    return send ? { send: outgoing.take, close } : { close };
  }

  async function takeOver(session: Session, way: Way): Promise<void> {
    const sent = parts.socket.unanswered();
    old.events = { ...old.events, lost: () => over.resolve() };
    successor.events = attempts.events;
    attempts.current = successor;
    attempts.successor = undefined;
    parts.onMoved(session);
    attempts.events.listening(session, way);

    const answered = Promise.allSettled(sent.map(({ promise }) => promise));
    await Promise.all([
      within(answersWithinMs, Promise.race([answered, over.promise])).then(outgoing.release),
      within(markersWithinMs, Promise.race([markers.complete, over.promise])).then(incoming.release),
    ]);
    void old.stop(false);
    parts.socket.lost(sent);
  }
}

export type Succession = ReturnType<typeof createSuccession>;

function holding(transports: TransportChoice, hold: (transport: Transport) => Transport): TransportChoice {
  return {
    ...transports,
    next(session) {
      const next = transports.next(session);
      return { ...next, open: (...attempt) => hold(next.open(...attempt)) };
    },
  };
}

/** Whether it answers what was sent through the socket, which has no place among the signals. */
function isAnswer(body: string): boolean {
  const { type, from } = objectOf(parseJson(body));
  return from === undefined && (type === "outcome" || type === "error");
}
