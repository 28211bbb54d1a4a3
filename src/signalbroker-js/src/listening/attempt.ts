import type { Way } from "./choice.js";
import type { ListeningParts } from "./listening.js";
import type { Session } from "./session.js";
import type { Transport } from "./transport.js";

export type AttemptParts = Pick<ListeningParts, "onOpened" | "closeSession" | "onReceived" | "transports">;

/** What an attempt tells its owner. */
export interface AttemptEvents {
  /** It takes long. */
  slow(): void;
  /** There is no session. */
  failed(error: unknown): void;
  listening(session: Session, way: Way): void;
  /** @param hasOtherWay whether the next attempt is the first by another transport */
  lost(reason: string, hasOtherWay: boolean): void;
}

/** An attempt that takes longer says what it waits for. */
const slowMs = 8000;

/** A session that is lost sooner than this is no recovery: the next wait grows. */
const stableAfterMs = 15_000;

/** One attempt to listen: a session, and the transport for it. */
export function createAttempt(
  { onOpened, closeSession, onReceived, transports }: AttemptParts,
  openSession: () => Promise<Session>,
  events: AttemptEvents,
) {
  let session: Session | undefined;
  let transport: Transport | undefined;
  let listeningSince: number | undefined;
  let isAsking = true;
  let isOver = false;
  const slow = setTimeout(events.slow, slowMs);
  void open();

  const attempt = {
    /** Who is told; a move changes that. */
    events,
    get session(): Session | undefined {
      return session;
    },
    /** The session and its transport, once it listens. */
    get listening(): { session: Session; transport: Transport } | undefined {
      return session && transport && listeningSince !== undefined ? { session, transport } : undefined;
    },
    /** Whether the webapp was asked for a session, and has not answered. */
    get isAsking(): boolean {
      return isAsking;
    },
    /** Whether it has listened long enough to count as a recovery. */
    get isStable(): boolean {
      return listeningSince !== undefined && performance.now() - listeningSince >= stableAfterMs;
    },
    /** Ends it without another word; `isLeaving` when the page may be gone before an answer comes. */
    async stop(isLeaving: boolean): Promise<void> {
      isOver = true;
      clearTimeout(slow);
      transport?.close();
      // The end of a listening socket ends its session; a request of its own would only add to an outage's load.
      if (session && (isLeaving || listeningSince === undefined)) {
        await closeSession(session, isLeaving);
      }
    },
  };
  return attempt;

  async function open(): Promise<void> {
    let opened: Session;
    try {
      opened = await openSession();
    } catch (error) {
      if (!isOver) {
        isAsking = false;
        attempt.events.failed(error);
      }
      return;
    }
    if (isOver) {
      void closeSession(opened, false);
      return;
    }
    isAsking = false;
    session = opened;
    onOpened(opened);
    listen(opened);
  }

  function listen(opened: Session): void {
    const next = transports.next(opened);
    transport = next.open(
      opened,
      {
        listening() {
          clearTimeout(slow);
          transports.succeeded();
          listeningSince = performance.now();
          attempt.events.listening(opened, next.way);
        },
        received: onReceived,
        lost(reason, isBlocked, isUnused) {
          const hasOtherWay = listeningSince === undefined && transports.failed(isBlocked);
          if (hasOtherWay && isUnused) {
            listen(opened);
          } else {
            attempt.events.lost(reason, hasOtherWay);
          }
        },
      },
      next.withinMs,
    );
  }
}

export type Attempt = ReturnType<typeof createAttempt>;
