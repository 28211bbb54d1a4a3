import type { Presence, SignalBrokerClient } from "../../src/index";
import { announce } from "../page/announcer";
import { createPeopleList } from "./list";
import type { Person } from "./words";

/** Who can be reached: those whom the server has ever seen, and those with whom the person has to do. */
export interface People {
  use(client: SignalBrokerClient | undefined): void;
  /** Somebody calls or is called, writes or is written to. */
  meet(userId: string | undefined): void;
  /** Whom the person wants to reach. */
  choose(userId: string): void;
}

/** The webapp lets a session watch no more. */
const mostPeople = 100;
/** Some of that is left for those with whom the person has to do. */
const mostKnown = 80;

export function createPeople(onChosen: (userId: string) => void): People {
  const list = createPeopleList(onChosen);
  const people = new Map<string, Person>();
  let client: SignalBrokerClient | undefined;
  let chosen = "";

  // Somebody may have come while the person was in the other tab.
  addEventListener("focus", () => void look());

  return {
    use(next) {
      client = next;
      if (!client) {
        people.forEach((person) => (person.presence = undefined));
        show();
        return;
      }
      people.delete(client.userId);
      void watch([...people.keys()]);
      void look();
    },
    meet(userId) {
      if (userId !== undefined && userId !== "") {
        void add([userId]);
      }
    },
    choose(userId) {
      chosen = userId;
      show();
    },
  };

  async function look(): Promise<void> {
    if (client?.state.name !== "listening") {
      return;
    }
    const found: string[] = [];
    try {
      for await (const { userId } of client.users()) {
        if (found.push(userId) === mostKnown) {
          break;
        }
      }
    } catch {
      // The page tells elsewhere when the server can't be reached.
    }
    await add(found, mostKnown);
  }

  async function add(userIds: readonly string[], most = mostPeople): Promise<void> {
    const room = Math.max(0, most - people.size);
    const strangers = userIds.filter((userId) => !people.has(userId) && userId !== client?.userId).slice(0, room);
    for (const userId of strangers) {
      people.set(userId, { userId, presence: undefined });
    }
    await watch(strangers);
  }

  async function watch(userIds: readonly string[]): Promise<void> {
    show();
    if (client && userIds.length > 0) {
      // Without an answer they are on the list, and nobody knows where they are.
      await client.watch(userIds, hear).catch(() => undefined);
    }
  }

  function hear(presence: Presence): void {
    const person = people.get(presence.userId);
    if (!person) {
      return;
    }
    const before = person.presence?.state;
    person.presence = presence;
    show();
    if (presence.userId === chosen && before !== undefined && before !== presence.state) {
      announce(`${presence.userId} is ${presence.state === "listening" ? "here now" : "away now"}.`);
    }
  }

  function show(): void {
    list.show(people.values(), chosen);
  }
}
