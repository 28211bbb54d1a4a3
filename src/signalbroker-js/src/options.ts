import type { CallsOptions } from "./calls/options.js";
import type { InboxOptions } from "./inbox/options.js";
import type { Listen } from "./listening/choice.js";
import type { Place } from "./listening/place.js";
import type { State } from "./listening/state.js";
import type { TokenSource } from "./listening/tokens.js";
import type { OpenSocket } from "./transports/stomp.js";

/** How to connect. */
export interface ConnectOptions {
  /** Where the webapp is, such as `https://signal.example`; in a page, `/path` is on the page's own server. */
  url: string | URL;
  /**
   * Who listens: 1 to 255 characters (Unicode code points), each a letter, an accent or a digit of any script, or an
   * ASCII sign other than `, % " < >`, compared in NFC. If left out, the webapp makes an anonymous user.
   */
  userId?: string;
  /**
   * What the user calls this device, 1 to 64 characters of the same set. Signals may be sent to one device, and what is
   * stored for the user waits until every named device has settled it.
   */
  device?: string;
  /** The user's token (JWT), or a function that gets one and is called again when the webapp refuses the last one. */
  token?: TokenSource;
  /**
   * Where a user may have only one session, this secret of 22 to 64 characters of `A-Z a-z 0-9 - _` lets a client take
   * over from its own last one. In a browser the pages of a tab pass it on; a program that is started again must keep
   * it. Never share it between two clients.
   */
  line?: string;
  /** Where it would like to listen; anywhere if left out. */
  place?: Place;
  /** How signals come in; `auto` (the default) falls back to server-sent events if WebSockets fail repeatedly. */
  listen?: Listen;
  /**
   * Whether MQTT is spoken on the WebSocket where the server offers it, which costs a node a quarter (the default);
   * `false` for STOMP alone.
   */
  mqtt?: boolean;
  /** How signals go out; `socket` saves a request for each, if the server relays them. `http` if left out. */
  send?: "http" | "socket";
  /** Called with every state, from the first `connecting` on. */
  onState?: (state: State) => void;
  /** Gives up connecting; it has no effect once connected. */
  signal?: AbortSignal;
  /** Gives up connecting after this many milliseconds, with the reason for the failure; never if left out. */
  timeout?: number;
  /** How stored signals are received. */
  inbox?: InboxOptions;
  /** The options of every call. */
  calls?: CallsOptions;
  /**
   * Opens a WebSocket; needed where there is no global one (Node 18, 20):
   * `(address, protocols) => new WebSocket(address, protocols)` with the `ws` package.
   */
  openSocket?: OpenSocket;
  /** Used instead of the global `fetch`. */
  fetch?: typeof fetch;
  /**
   * The address of a script that posts a message every ten seconds, for pages whose policy forbids `blob:` workers: a
   * hidden page needs one to keep its socket. `false` for none.
   */
  heartbeatWorker?: string | URL | false;
}
