import { insist } from "../base/again.js";
import { asSignalBrokerError } from "../base/errors.js";
import { numberOf, objectOf, objectsOf, textOf, timeOf, type JsonObject } from "../base/json.js";

/** Somebody in a room. */
export interface Member {
  /** The member id, for signals to this member alone. A user who leaves and joins again gets another one. */
  id: string;
  /** The user; undefined for an anonymous member. */
  userId: string | undefined;
  /** The member's name, if it has given one. */
  alias: string | undefined;
  /** Whether it owns the room; in a room with a host, the owner is the host. */
  isOwner: boolean;
  joinedAt: Date;
}

/** A change of a room's members. */
export interface MembersChange {
  /** All of them, in the order in which they joined. */
  members: readonly Member[];
  joined: readonly Member[];
  /** Those who left or were removed, as they were. */
  left: readonly Member[];
  /** Those who revealed themselves or now own the room, as they are. */
  changed: readonly Member[];
}

export interface MembersParts {
  /** Asks for `/members`. */
  fetch(): Promise<unknown>;
  onChange(change: MembersChange): void;
  /** The user is no member, or there is no room. */
  onRefused(): void;
}

/** A room's members, kept up to date by the versions that the webapp gives to each change. */
export function createMembers({ fetch, onChange, onRefused }: MembersParts) {
  let current: readonly Member[] = [];
  let version = 0;
  /** The newest version that was told. */
  let heard = 0;
  let loading: Promise<void> | undefined;

  return {
    get current(): readonly Member[] {
      return current;
    },
    /** An envelope tells of a change. */
    hear(event: JsonObject, sentAt: Date): void {
      const told = numberOf(event, "version") ?? 0;
      if (!loading && told === version + 1) {
        show(withChange(current, event, sentAt), told);
      } else {
        // What is missed now is noticed by the version of the next change.
        reach(told).catch(() => undefined);
      }
    },
    reach,
    load,
  };

  /**
   * The room has had this version. Fulfilled once it or a later one is known, or the user is no member.
   * @throws SignalBrokerError when the webapp can no longer be asked
   */
  async function reach(told: number): Promise<void> {
    heard = Math.max(heard, told);
    if (heard > version) {
      await (loading ?? load());
    }
  }

  /** Asks for all members; an earlier request may have been answered too early. Throws as `reach` does. */
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
  return changedBy(textOf(event, "event")).map((member) => ({ ...member, isOwner: member.id === owner }));

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
