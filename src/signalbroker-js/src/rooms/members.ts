import { insist } from "../base/again.js";
import { asSignalBrokerError } from "../base/errors.js";
import { numberOf, objectOf, objectsOf, textOf, timeOf, type JsonObject } from "../base/json.js";

/** Somebody in a room. */
export interface Member {
  /** The member id: good for signals to this member only. Who leaves and joins again has another one. */
  id: string;
  /** Who it is; undefined for an anonymous member. */
  userId: string | undefined;
  /** What it is called, if it has said. */
  alias: string | undefined;
  /** Whether the room belongs to it; in a room with a host it is the host. */
  isOwner: boolean;
  joinedAt: Date;
}

/** What is different now. */
export interface MembersChange {
  /** All of them, in the order in which they joined. */
  members: readonly Member[];
  joined: readonly Member[];
  /** Those who left or were removed, as they were. */
  left: readonly Member[];
  /** Those who revealed themselves or own the room now, as they are. */
  changed: readonly Member[];
}

/** A room's members, kept true by the versions that the webapp gives to each change. */
export interface Members {
  readonly current: readonly Member[];
  /** What an envelope tells of a change. */
  hear(event: JsonObject, sentAt: Date): void;
  /**
   * The room has had this version, whatever was told.
   * @returns fulfilled once that one or a later one is known, or one is no member
   * @throws SignalBrokerError where the webapp can't be asked any more
   */
  reach(version: number): Promise<void>;
  /** Asks for all of them; throws as `reach` does. */
  load(): Promise<void>;
}

export interface MembersParts {
  /** Asks for `/members`. */
  fetch(): Promise<unknown>;
  onChange(change: MembersChange): void;
  /** One is no member, or there is no room. */
  onRefused(): void;
}

export function createMembers({ fetch, onChange, onRefused }: MembersParts): Members {
  let current: readonly Member[] = [];
  let version = 0;
  /** The newest version that was told. */
  let heard = 0;
  let loading: Promise<void> | undefined;

  return {
    get current() {
      return current;
    },
    hear(event, sentAt) {
      const told = numberOf(event, "version") ?? 0;
      if (!loading && told === version + 1) {
        show(withChange(current, event, sentAt), told);
      } else {
        // Who has not been told now is told by the version of the next change.
        reach(told).catch(() => undefined);
      }
    },
    reach,
    load,
  };

  async function reach(told: number): Promise<void> {
    heard = Math.max(heard, told);
    if (heard > version) {
      await (loading ?? load());
    }
  }

  /** One that is under way may have been asked too early. */
  function load(): Promise<void> {
    const mine = (loading ?? Promise.resolve())
      .catch(() => undefined)
      .then(fetchAll)
      .finally(() => {
        if (loading === mine) {
          loading = undefined;
        }
      });
    loading = mine;
    return mine;
  }

  async function fetchAll(): Promise<void> {
    try {
      do {
        const answer = objectOf(await insist(fetch));
        show(objectsOf(answer, "members").map(readMember), numberOf(answer, "version") ?? heard);
      } while (version < heard);
    } catch (thrown) {
      const error = asSignalBrokerError(thrown);
      if (error.status !== 403 && error.status !== 404) {
        throw error;
      }
      onRefused();
    }
  }

  function show(next: readonly Member[], told: number): void {
    const before = current;
    current = next;
    version = told;
    heard = Math.max(heard, told);
    const old = byId(before);
    const present = byId(next);
    const joined = next.filter(({ id }) => !old.has(id));
    const left = before.filter(({ id }) => !present.has(id));
    const changed = next.filter((member) => old.has(member.id) && differs(member, old.get(member.id)));
    if (joined.length + left.length + changed.length > 0) {
      onChange({ members: next, joined, left, changed });
    }
  }
}

function byId(members: readonly Member[]): Map<string, Member> {
  return new Map(members.map((member) => [member.id, member]));
}

function differs(one: Member, other: Member | undefined): boolean {
  return one.userId !== other?.userId || one.alias !== other?.alias || one.isOwner !== other?.isOwner;
}

function readMember(json: JsonObject): Member {
  return {
    id: textOf(json, "member") ?? "",
    userId: textOf(json, "userId"),
    alias: textOf(json, "alias"),
    isOwner: json["owner"] === true,
    joinedAt: timeOf(json, "joinedAt") ?? new Date(),
  };
}

function withChange(members: readonly Member[], event: JsonObject, sentAt: Date): Member[] {
  const about = readMember(objectOf(event["member"]));
  const owner = textOf(event, "owner");
  const others = members.filter(({ id }) => id !== about.id);
  return changedBy(textOf(event, "event"))
    .map((member) => ({ ...member, isOwner: member.id === owner }));

  function changedBy(happened: string | undefined): Member[] {
    switch (happened) {
      case "joined":
        return [...others, { ...about, joinedAt: sentAt }];
      case "left":
      case "removed":
        return others;
      default:
        return members.map((member) => (member.id === about.id ? { ...about, joinedAt: member.joinedAt } : member));
    }
  }
}
