import type { CallsOptions } from "./calls/options.js";
import type { InboxOptions } from "./inbox/options.js";
import type { State } from "./listening/state.js";
import type { TokenSource } from "./listening/tokens.js";
import type { Listen } from "./transports/choice.js";
import type { OpenSocket } from "./transports/stomp.js";

/** How to connect. */
export interface ConnectOptions {
  /** Where the webapp is, such as `https://signal.example`. */
  url: string;
  /** Who listens: 1 to 128 characters of `A-Z a-z 0-9 . _ ~ @ + : -`; the webapp makes an anonymous user otherwise. */
  userId?: string;
  /**
   * What the user calls this device, 1 to 64 characters of the same set. Signals may be sent to one device, and what is
   * stored for the user waits until each device that has a name has settled it.
   */
  device?: string;
  /** The user's token (JWT), or how to get one; the function is asked again when the webapp refuses the last one. */
  token?: TokenSource;
  /** How signals come in; `auto` (the default) takes server-sent events where WebSockets fail repeatedly. */
  listen?: Listen;
  /** How signals go out; `socket` saves a request for each, where the server relays them. `http` if left out. */
  send?: "http" | "socket";
  /** Hears of every state, from the first `connecting` on. */
  onState?: (state: State) => void;
  /** Gives up connecting; afterwards it changes nothing. */
  signal?: AbortSignal;
  /** How stored signals are received. */
  inbox?: InboxOptions;
  /** What holds for every call. */
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
