import type { CallContent, ReceivedContent } from "./content.js";
import { reach, type CallParts, type Reach } from "./line.js";
import { proofOf } from "./proof.js";

/** Who calls this end, as long as there is no call. */
export interface Caller {
  readonly user: string;
  /** The session that was heard from last. */
  session: string;
  /** The call's, which this end makes when it accepts; empty before. */
  secret: string;
  /** Whether a signal comes from the caller, who may listen on another session than before. */
  is(content: ReceivedContent, session: string): boolean;
  say(content: CallContent): Promise<Reach>;
  /** To all sessions of the caller's user. */
  sayToUser(content: CallContent): Promise<Reach>;
  /** As the last thing; nobody waits for it. */
  sayLast(content: CallContent): void;
}

export function createCaller(parts: CallParts, call: string, user: string, session: string): Caller {
  const signed = (content: CallContent): object => {
    const proof = caller.secret === "" ? undefined : proofOf(caller.secret, call, "callee", parts.self().listeningKey);
    return { call, proof, ...content };
  };
  const caller: Caller = {
    user,
    session,
    secret: "",
    is: ({ proof }, from) => from === caller.session || proof === proofOf(caller.secret, call, "caller", from),
    say: (content) => reach(parts, { session: caller.session }, signed(content)),
    sayToUser: (content) => reach(parts, user, signed(content)),
    sayLast: (content) => parts.sendLast({ session: caller.session }, signed(content)),
  };
  return caller;
}
