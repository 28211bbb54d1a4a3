import { deferred } from "../base/deferred.js";
import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import { basic, type Http, type HttpMethod } from "../base/http.js";
import type { Session } from "./session.js";
import { createPending } from "../base/pending.js";

/** Asks the webapp in the name of the session that listens. */
export interface Asking {
  /**
   * Asks for a path and returns the JSON that is answered. While the client reconnects it waits for the next session, up
   * to 30 s.
   * @throws SignalBrokerError `unreachable`, `closed`, or what the webapp says
   */
  ask(method: HttpMethod, path: string, body?: unknown): Promise<unknown>;
  /** The client listens, on a new session. */
  listening(): void;
  /** Asks nothing more; fulfilled when everything has been answered. */
  drain(error: SignalBrokerError): Promise<unknown>;
  close(error: SignalBrokerError): void;
}

export interface AskingParts {
  http: Http;
  /** The session that listens, if one does. */
  session(): Session | undefined;
  /** The webapp no longer knows the session. */
  expired(session: Session): void;
}

interface Waiting {
  resolve(): void;
  reject(error: SignalBrokerError): void;
}

const patienceMs = 30_000;

export function createAsking({ http, session, expired }: AskingParts): Asking {
  const waiting = new Set<Waiting>();
  const pending = createPending();
  let closedBy: SignalBrokerError | undefined;

  return {
    ask: (...question) => (closedBy ? Promise.reject(closedBy) : pending.add(ask(...question))),
    listening: () => waiting.forEach(({ resolve }) => resolve()),
    drain(error) {
      closedBy = error;
      return pending.ended();
    },
    close(error) {
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
