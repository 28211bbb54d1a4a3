import type { Presence, SignalBrokerClient } from "../../src/index";
import { announce } from "../page/announcer";
import { createPeopleList } from "./list";
import type { Person } from "./words";

/** The webapp lets a session watch no more. */
const mostPeople = 100;
/** The rest is left for the people whom the person calls or writes to. */
const mostKnown = 80;

/** The people who can be reached: everybody whom the server has seen, and everybody whom the person has met. */
export function createPeople(onChosen: (userId: string) => void) {
  const list = createPeopleList(onChosen);
  const people = new Map<string, Person>();
  let client: SignalBrokerClient | undefined;
  let chosen = "";

  // Somebody may have come while the person was in another tab.
  addEventListener("focus", () => void look());

  return {
    use(next: SignalBrokerClient | undefined): void {
      client = next;
      people.delete(client?.userId ?? "");
      people.forEach((person) => (person.presence = undefined));
      void watch([...people.keys()]);
      void look();
    },
    /** Somebody calls or is called, writes or is written to. */
    meet(userId: string | undefined): void {
      if (userId) {
        void add([userId]);
      }
    },
    /** The person wants to reach this user. */
    choose(userId: string): void {
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
    strangers.forEach((userId) => people.set(userId, { userId, presence: undefined }));
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
