import type { ControlSignal } from "../base/envelope.js";
import { SignalBrokerError } from "../base/errors.js";
import { isObject, objectOf, objectsOf, textOf } from "../base/json.js";
import type { Requests } from "../listening/requests.js";
import type { KnownUser, Presence } from "./options.js";
import { asSent, readPresence, readUser } from "./reading.js";
import { createWatching } from "./watching.js";

const pageSize = 100;

/** What a client knows about other users. */
export function createPresences(requests: Requests) {
  const { ask } = requests;
  const { watch, hear, listening } = createWatching(requests);

  function presence(userId: string): Promise<Presence>;
  function presence(userIds: readonly string[]): Promise<Presence[]>;
  async function presence(whose: string | readonly string[]): Promise<Presence | Presence[]> {
    const users = (typeof whose === "string" ? [whose] : whose).map(asSent);
    const all = objectsOf(objectOf(await ask("POST", "presence", { users })), "presence").map(readPresence);
    return typeof whose === "string" ? only(all) : all;
  }

  return {
    presence,
    watch,
    async *users(): AsyncGenerator<KnownUser> {
      let after: string | undefined;
      do {
        const query = new URLSearchParams({ limit: String(pageSize), ...(after === undefined ? {} : { after }) });
        const page = objectOf(await ask("GET", `users?${query}`));
        yield* objectsOf(page, "users").map(readUser);
        after = textOf(page, "next");
      } while (after !== undefined);
    },
    /** The server reports a change. */
    hear({ content }: ControlSignal): void {
      if (isObject(content)) {
        hear(readPresence(content));
      }
    },
    listening,
  };
}

export type Presences = ReturnType<typeof createPresences>;

function only([presence]: readonly Presence[]): Presence {
  if (!presence) {
    throw new SignalBrokerError("unreachable", "The answer has no presence.");
  }
  return presence;
}
