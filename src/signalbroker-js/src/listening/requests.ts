import { deferred, type Deferred } from "../base/deferred.js";
import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import { basic, type Http, type HttpMethod } from "../base/http.js";
import { createPending } from "../base/pending.js";
import type { Session } from "./session.js";

export interface RequestsParts {
  http: Http;
  /** The session that listens, if one does. */
  session(): Session | undefined;
  /** The webapp no longer knows the session. */
  expired(session: Session): void;
}

const patienceMs = 30_000;

/** Sends requests to the webapp in the name of the session that listens. */
export function createRequests({ http, session, expired }: RequestsParts) {
  const waiting = new Set<Deferred<void>>();
  const pending = createPending();
  let closedBy: SignalBrokerError | undefined;

  return {
    /**
     * Requests a path and returns the JSON answer. While the client reconnects, it waits up to 30 s for a new session.
     * @throws SignalBrokerError `unreachable`, `closed`, or what the webapp says
     */
    ask: (method: HttpMethod, path: string, body?: unknown): Promise<unknown> =>
      closedBy ? Promise.reject(closedBy) : pending.add(ask(method, path, body)),
    /** The client listens, on a new session. */
    listening: (): void => waiting.forEach(({ resolve }) => resolve()),
    /** Asks nothing more; fulfilled when everything has been answered. */
    drain(error: SignalBrokerError): Promise<unknown> {
      closedBy = error;
      return pending.ended();
    },
    close(error: SignalBrokerError): void {
      closedBy = error;
      waiting.forEach(({ reject }) => reject(error));
    },
  };

  async function ask(method: HttpMethod, path: string, body?: unknown): Promise<unknown> {
    for (;;) {
      const asked = session();
      if (!asked) {
        await nextSession();
        continue;
      }
      try {
        return await http.json(method, path, { body, authorization: basic(asked) });
      } catch (thrown) {
        const error = asSignalBrokerError(thrown);
        if (error.code !== "unauthorized") {
          throw error;
        }
        expired(asked);
      }
    }
  }

  async function nextSession(): Promise<void> {
    if (closedBy) {
      throw closedBy;
    }
    const mine = deferred<void>();
    const late = new SignalBrokerError("unreachable", "The client did not listen again in time.");
    const timer = setTimeout(() => mine.reject(late), patienceMs);
    waiting.add(mine);
    await mine.promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(mine);
    });
  }
}

export type Requests = ReturnType<typeof createRequests>;
