import { insist } from "../again.js";
import type { Asking } from "../asking.js";
import type { Unsubscribe } from "../emitter.js";
import { objectOf, objectsOf } from "../json.js";
import type { Presence } from "./options.js";
import { readPresence } from "./reading.js";

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
}

export function createWatching({ ask }: Asking): Watching {
  const watches = new Set<Watch>();
  /** The request that takes in all watches that were there when it began. */
  let next: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();

  return {
    async watch(userIds, handler) {
      const mine: Watch = { users: new Set(userIds), handler, told: new Map() };
      watches.add(mine);
      try {
        await subscribe();
      } catch (error) {
        watches.delete(mine);
        throw error;
      }
      return () => {
        if (watches.delete(mine)) {
          quietly();
        }
      };
    },
    hear,
    listening() {
      if (watches.size > 0) {
        quietly();
      }
    },
  };

  function quietly(): void {
    subscribe().catch(() => undefined);
  }

  /** One request after the other, and one for all who ask meanwhile. */
  function subscribe(): Promise<void> {
    if (!next) {
      const mine = last.then(() => {
        next = undefined;
        return request();
      });
      next = mine;
      last = mine.catch(() => undefined);
    }
    return next;
  }

  async function request(): Promise<void> {
    const answer = await insist(() => {
      const users = [...new Set([...watches].flatMap((watch) => [...watch.users]))];
      return ask("PUT", "presence/subscriptions", { users });
    });
    objectsOf(objectOf(answer), "presence").map(readPresence).forEach(hear);
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
