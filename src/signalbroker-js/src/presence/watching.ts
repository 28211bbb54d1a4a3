import { insist } from "../base/again.js";
import type { Unsubscribe } from "../base/emitter.js";
import { objectOf, objectsOf } from "../base/json.js";
import type { Requests } from "../listening/requests.js";
import type { Presence } from "./options.js";
import { asSent, readPresence } from "./reading.js";

interface Watch {
  users: ReadonlySet<string>;
  handler(presence: Presence): void;
  /** What the handler has been told, by user id. */
  told: Map<string, Presence>;
  /** Whether the webapp has agreed to it. */
  isAgreed: boolean;
  /** Why it has not. */
  refusal?: unknown;
}

/** The users that the client watches; each new session tells the webapp again. */
export function createWatching({ ask }: Requests) {
  const watches = new Set<Watch>();
  /** The request that will include all watches there are when it begins. */
  let next: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();

  return {
    async watch(userIds: readonly string[], handler: Watch["handler"]): Promise<Unsubscribe> {
      const mine: Watch = { users: new Set(userIds.map(asSent)), handler, told: new Map(), isAgreed: false };
      watches.add(mine);
      await subscribe();
      if (!mine.isAgreed) {
        watches.delete(mine);
        throw mine.refusal;
      }
      return () => void (watches.delete(mine) && subscribe());
    },
    /** The webapp reports a presence. */
    hear,
    /** The client listens, on a new session. */
    listening: (): void => void (watches.size > 0 && subscribe()),
  };

  /** Sends one request after the other, and one for everybody who asks meanwhile; it never fails. */
  function subscribe(): Promise<void> {
    next ??= last = last.then(() => {
      next = undefined;
      return agree();
    });
    return next;
  }

  async function agree(): Promise<void> {
    const fresh = [...watches].filter(({ isAgreed }) => !isAgreed);
    const refusal = await request(fresh);
    if (refusal === undefined || fresh.length === 0) {
      return;
    }
    // A refused watch, such as one for too many users, must not end the others.
    if (fresh.length < watches.size) {
      await request([]);
    }
    for (const one of fresh) {
      one.refusal = fresh.length === 1 ? refusal : await request([one]);
    }
  }

  /**
   * Asks for what the webapp has agreed to, and for more.
   * @returns why it refuses; undefined when it agrees
   */
  async function request(more: readonly Watch[]): Promise<unknown> {
    try {
      const answer = await insist(() => {
        const wanted = [...watches].filter((watch) => watch.isAgreed || more.includes(watch));
        return ask("PUT", "presence/subscriptions", { users: [...new Set(wanted.flatMap(({ users }) => [...users]))] });
      });
      more.forEach((watch) => (watch.isAgreed = true));
      objectsOf(objectOf(answer), "presence").map(readPresence).forEach(hear);
    } catch (error) {
      return error;
    }
    return undefined;
  }

  function hear(presence: Presence): void {
    for (const { users, told, handler } of watches) {
      const known = told.get(presence.userId);
      if (users.has(presence.userId) && !(known && (known.asOf > presence.asOf || isSame(known, presence)))) {
        told.set(presence.userId, presence);
        void (async () => handler(presence))();
      }
    }
  }
}

function isSame(one: Presence, other: Presence): boolean {
  const words = (presence: Presence): string => JSON.stringify({ ...presence, asOf: undefined });
  return words(one) === words(other);
}
