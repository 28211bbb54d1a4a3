import { deferred } from "../base/deferred.js";
import { createEmitter } from "../base/emitter.js";
import { textOf, type JsonObject } from "../base/json.js";
import { createMembers, type Member, type MembersChange } from "./members.js";
import type { RoomEnd } from "./options.js";

/**
 * The user's membership in a room, and the other members.
 * @param answer the webapp's description of the room
 * @param fetch asks for its members
 */
export function createMembership(answer: JsonObject, fetch: () => Promise<unknown>) {
  const own = textOf(answer, "me") ?? "";
  const changes = createEmitter<MembersChange>();
  const ended = deferred<RoomEnd>();
  const members = createMembers({
    fetch,
    onChange(change) {
      membership.me = change.members.find((member) => member.id === own) ?? membership.me;
      changes.emit(change);
    },
    onRefused: () => finish("gone"),
  });

  const isOwner = textOf(answer, "owner") === own;
  const membership = {
    me: { id: own, userId: undefined, alias: undefined, isOwner, joinedAt: new Date() } as Member,
    end: undefined as RoomEnd | undefined,
    get members(): readonly Member[] {
      return members.current;
    },
    ended: ended.promise,
    onMembers: changes.on,
    /** What an envelope of the server tells. */
    hear(event: JsonObject, sentAt: Date): void {
      const happened = textOf(event, "event");
      const about = event["member"] as JsonObject | undefined;
      if (happened === "closed") {
        finish("closed");
      } else if ((happened === "left" || happened === "removed") && about?.["member"] === own) {
        finish(happened);
      } else if (!membership.end) {
        members.hear(event, sentAt);
      }
    },
    reach: members.reach,
    /** Asks for all members. What was done before is done, even if the client is closed before it hears of it. */
    load: (): Promise<void> => members.load().catch(() => undefined),
    finish,
  };
  return membership;

  function finish(why: RoomEnd): void {
    if (!membership.end) {
      membership.end = why;
      ended.resolve(why);
    }
  }
}
