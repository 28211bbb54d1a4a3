import { insist } from "../base/again.js";
import type { Asking } from "../listening/asking.js";
import type { Unsubscribe } from "../base/emitter.js";
import { objectOf, objectsOf } from "../base/json.js";
import type { Presence } from "./options.js";
import { asSent, readPresence } from "./reading.js";

/** Whom the client watches, told to the webapp with each session anew. */
export interface Watching {
  watch(userIds: readonly string[], handler: (presence: Presence) => void): Promise<Unsubscribe>;
  /** What the webapp tells. */
  hear(presence: Presence): void;
  /** The client listens, on a new session. */
  listening(): void;
}

interface Watch {
  users: ReadonlySet<string>;
  handler(presence: Presence): void;
  /** What the handler knows, by the users' names. */
  told: Map<string, Presence>;
  /** Whether the webapp has agreed to it. */
  isAgreed: boolean;
  /** Why the webapp does not. */
  refusal?: unknown;
}

export function createWatching({ ask }: Asking): Watching {
  const watches = new Set<Watch>();
  /** The request that takes in all watches that were there when it began. */
  let next: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();

  return {
    async watch(userIds, handler) {
      const mine: Watch = { users: new Set(userIds.map(asSent)), handler, told: new Map(), isAgreed: false };
      watches.add(mine);
      await subscribe();
      if (!mine.isAgreed) {
        watches.delete(mine);
        throw mine.refusal;
      }
      return () => {
        if (watches.delete(mine)) {
          void subscribe();
        }
      };
    },
    hear,
    listening() {
      if (watches.size > 0) {
        void subscribe();
      }
    },
  };

  /** One request after the other, and one for all who ask meanwhile; it never fails. */
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
    // One that is refused, because it asks for too many users, must not take the others along.
    if (fresh.length < watches.size) {
      await request([]);
    }
    for (const one of fresh) {
      one.refusal = fresh.length === 1 ? refusal : await request([one]);
    }
  }

  /**
   * Asks for what has been agreed to, and for more.
   * @returns why the webapp refuses that; undefined when it agrees
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
