import { createEmitter, type Emitter } from "../base/emitter.js";
import { keepNewest } from "../base/newest.js";
import type { CallContent } from "./content.js";
import type { IncomingCall, Late, Ring } from "./incoming.js";
import { reach, type CallParts } from "./line.js";
import type { LiveCall } from "./liveCall.js";
import type { CallsOptions } from "./options.js";
import type { Outgoing } from "./outgoing.js";

/** What all calls of a client need of it. */
export interface CallsParts extends CallParts {
  iceServers(): Promise<RTCIceServer[]>;
  options: CallsOptions;
}

/** Whoever has to do with a call, or had. */
interface Party {
  receive: Late;
}

/** A call that has begun. */
export interface Talk extends Party {
  live: LiveCall;
  /** When it began here, on the page's clock. */
  since: number;
}

/** All calls of a client, by their ids. */
export interface Switchboard {
  readonly parts: CallsParts;
  /** Hears of each call that rings here. */
  readonly incoming: Emitter<IncomingCall>;
  readonly outgoing: Map<string, Outgoing>;
  readonly rings: Map<string, Ring>;
  readonly talks: Map<string, Talk>;
  /** Calls that are over, which whoever does not know it yet is told. */
  readonly over: ReadonlyMap<string, Party>;
  /** The call is over. */
  forget(call: string, afterwards?: Late): void;
  /** Tells a session something about a call that it has no part in. */
  tell(call: string, session: string, content: CallContent): void;
}

const remembered = 100;

export function createSwitchboard(parts: CallsParts): Switchboard {
  const over = new Map<string, Party>();
  return {
    parts,
    incoming: createEmitter(),
    outgoing: new Map(),
    rings: new Map(),
    talks: new Map(),
    over,
    forget(call, receive = () => undefined) {
      over.set(call, { receive });
      keepNewest(over, remembered);
    },
    tell: (call, session, content) => void reach(parts, { session }, { call, ...content }),
  };
}
