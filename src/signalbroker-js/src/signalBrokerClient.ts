import type { Unsubscribe } from "./base/emitter.js";
import type { Signal } from "./base/envelope.js";
import type { Call } from "./calls/call.js";
import type { IncomingCall } from "./calls/incoming.js";
import type { CallOptions } from "./calls/options.js";
import type { InboxClient } from "./inbox/options.js";
import type { SessionInfo, State } from "./listening/state.js";
import type { PresenceClient } from "./presence/options.js";
import type { PushClient } from "./push/push.js";
import type { RoomsClient } from "./rooms/rooms.js";
import type { Addressee, SendOptions, Sent } from "./sending/signal.js";

/** A user who listens on this device, and keeps listening over lost sockets, nodes and networks. */
export interface SignalBrokerClient extends InboxClient, RoomsClient, PresenceClient, PushClient {
  /** Who listens. Where names need a token, an anonymous user may have another name after a reconnect. */
  readonly userId: string;
  /** The session that listens now, or that listened last. */
  readonly session: SessionInfo;
  /** The client's state. */
  readonly state: State;
  /** The calls that are not over, newest last. */
  readonly calls: readonly Call[];

  /** Calls back on every change of the state. */
  onState(handler: (state: State) => void): Unsubscribe;

  /**
   * Calls back once for every signal to the user or the session, except those that set up calls; signals to a room go
   * to `room.onSignal`. Stored signals wait while there is no handler, and are settled when it is done with them (see
   * `inbox.settle` of the options). Of the others, including those to rooms, the newest 1,000 and 4 MiB wait for the
   * first handler; what arrives after the last handler has gone is dropped.
   */
  onSignal(handler: (signal: Signal) => void | Promise<unknown>): Unsubscribe;

  /**
   * Calls back for every incoming call. A promise that the handler returns may reject with a {@link SignalBrokerError},
   * for instance because the caller has given up, without harm.
   */
  onCall(handler: (incoming: IncomingCall) => void | Promise<unknown>): Unsubscribe;

  /**
   * Sends any JSON to a user (all listening sessions), to one device of a user, or to one session, as it is now.
   * Signals to one recipient go one after the other, in the order of the calls. While the client reconnects, up to 100
   * wait.
   * @throws SignalBrokerError `content-not-json`, `user-not-listening`, `expired`, `queue-full`, `closed`,
   * `unreachable` (it may have arrived or not); with `store` also `inbox-full`, `inbox-share-used`,
   * `storage-budget-used`, `id-already-used`, `user-unknown`; or whatever the webapp says
   */
  send(to: Addressee, content: unknown, options?: SendOptions): Promise<Sent>;

  /**
   * Calls a user: all of the user's devices ring, and one answers. Two users who call each other at once get one call.
   * @returns the call, once it is answered
   * @throws SignalBrokerError `declined`, `busy`, `no-answer`, `user-not-listening`, `aborted`, `answered-elsewhere`,
   * `no-webrtc`, or what `send` throws
   */
  call(userId: string, options?: CallOptions): Promise<Call>;

  /**
   * Accepts nothing more to send, hangs up every call, waits up to 5 s for answers to what is on its way, ends the
   * session and stays closed. A signal without an answer by then is rejected as `unreachable`, one that was not sent as
   * `closed`. Until the answers have come, `state` is still `listening`, and signals and calls come in. Then it is
   * `closed`, and the webapp has another 5 s to confirm the session's end: 10 s in all.
   */
  close(): Promise<void>;
}
