import type { Call } from "./calls/call.js";
import type { IncomingCall } from "./calls/incoming.js";
import type { CallOptions } from "./calls/options.js";
import type { Unsubscribe } from "./base/emitter.js";
import type { Signal } from "./base/envelope.js";
import type { InboxClient } from "./inbox/options.js";
import type { SessionInfo, State } from "./listening/state.js";
import type { PresenceClient } from "./presence/options.js";
import type { PushClient } from "./push/push.js";
import type { RoomsClient } from "./rooms/rooms.js";
import type { Addressee, SendOptions, Sent } from "./sending/signal.js";

/** A user who listens on this device, and stays so over lost sockets, nodes and networks. */
export interface SignalBrokerClient extends InboxClient, RoomsClient, PresenceClient, PushClient {
  /** Who listens. An anonymous user has another name after a reconnect where names take a token. */
  readonly userId: string;
  /** The session that listens now, or listened last. */
  readonly session: SessionInfo;
  /** Where the client stands. */
  readonly state: State;
  /** The calls that are not over, newest last. */
  readonly calls: readonly Call[];

  /** Hears of every change of the state. */
  onState(handler: (state: State) => void): Unsubscribe;

  /**
   * Hears of every signal to the user or the session, once, except those that set up calls; those to a room come to
   * `room.onSignal`. Stored signals wait while there is no handler, and are settled when it has done with them (see
   * `inbox.settle` of the options). Of the others, those to rooms included, the newest 1,000 and 4 MiB wait for
   * the first handler; what comes after the last one has gone is dropped.
   */
  onSignal(handler: (signal: Signal) => void | Promise<unknown>): Unsubscribe;

  /**
   * Hears of every call that comes in. A promise that the handler returns may reject with a {@link SignalBrokerError}
   * (the caller gave up meanwhile, say) without harm.
   */
  onCall(handler: (incoming: IncomingCall) => void | Promise<unknown>): Unsubscribe;

  /**
   * Sends any JSON to a user (all listening sessions), to one device of a user, or to one session, as it is at this
   * moment. Signals to one addressee go one after the other, in the order of the calls. While the client reconnects up
   * to 100 wait.
   * @throws SignalBrokerError `content-not-json`, `user-not-listening`, `expired`, `queue-full`, `closed`, `unreachable`
   * (it may have arrived or not); with `store` also `inbox-full`, `inbox-share-used`, `storage-budget-used`,
   * `id-already-used`, `user-unknown`; or what else the webapp says
   */
  send(to: Addressee, content: unknown, options?: SendOptions): Promise<Sent>;

  /**
   * Calls a user: all of the user's devices ring, and one answers. If both call each other at once, one call comes of
   * it.
   * @returns the call, once it is answered
   * @throws SignalBrokerError `declined`, `busy`, `no-answer`, `user-not-listening`, `aborted`, `answered-elsewhere`,
   * `no-webrtc`, or what `send` throws
   */
  call(userId: string, options?: CallOptions): Promise<Call>;

  /**
   * Takes nothing more to send, hangs up every call, waits up to 5 s for answers to what is under way, ends the session
   * and stays closed. A signal that got no answer by then is rejected as `unreachable`, one that was not sent as `closed`.
   * Until those answers have come `state` is still `listening`, and signals and calls come in. Then it is `closed`, and
   * the webapp has 5 s more to confirm the session's end: 10 s in all.
   */
  close(): Promise<void>;
}
