import type { CallContent, ReceivedContent } from "./content.js";
import { finish, reach, type CallParts, type Reach, type Tell } from "./line.js";
import { proofOf } from "./proof.js";

/** The user who calls this end, until the call begins. */
export function createCaller(parts: CallParts, call: string, user: string, session: string) {
  const signed = (content: CallContent): object => {
    const proof = caller.secret === "" ? undefined : proofOf(caller.secret, call, "callee", parts.self().listeningKey);
    return { call, proof, ...content };
  };
  const caller = {
    user,
    /** The session that was last heard from. */
    session,
    /** The call's secret, which this end makes when it accepts; empty before. */
    secret: "",
    /** Whether a signal comes from the caller, who may listen on another session than before. */
    is: ({ proof }: ReceivedContent, from: string): boolean =>
      from === caller.session || proof === proofOf(caller.secret, call, "caller", from),
    say: (content: CallContent): Promise<Reach> => reach(parts, { session: caller.session }, signed(content)),
    /** Sends to all sessions of the caller's user. */
    sayToUser: (content: CallContent): Promise<Reach> => reach(parts, user, signed(content)),
    finish: (content: CallContent, tell: Tell): Promise<void> =>
      finish(parts, { session: caller.session }, signed(content), tell),
  };
  return caller;
}

export type Caller = ReturnType<typeof createCaller>;
