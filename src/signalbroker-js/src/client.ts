import { callType } from "./calls/content.js";
import { createCalls } from "./calls/calls.js";
import type { Call } from "./calls/call.js";
import type { IncomingCall } from "./calls/incoming.js";
import type { CallOptions } from "./calls/options.js";
import { createDuplicates } from "./duplicates.js";
import { createEmitter, type Unsubscribe } from "./emitter.js";
import { isSignal, readEnvelope, type Signal } from "./envelope.js";
import { asSignalBrokerError, SignalBrokerError } from "./errors.js";
import { createHttp } from "./http.js";
import { createIceServers } from "./listening/iceServers.js";
import { createListening } from "./listening/listening.js";
import { closeSession, openSession, type Identity } from "./listening/session.js";
import type { SessionInfo, State } from "./listening/state.js";
import { createTokens } from "./listening/tokens.js";
import type { ConnectOptions } from "./options.js";
import { createPush, type PushClient } from "./push.js";
import { uniqueId } from "./random.js";
import { sendOverHttp } from "./sending/http.js";
import { createOutbox } from "./sending/outbox.js";
import type { Addressee, OutgoingSignal, SendOptions, Sent } from "./sending/signal.js";
import { createSocketSending } from "./sending/socket.js";
import { createSurroundings, type Surroundings } from "./surroundings.js";
import { createTransportChoice } from "./transports/choice.js";
import { createEventsTransport } from "./transports/events.js";
import { createHeartbeat } from "./transports/heartbeat.js";
import { createStompTransport, type OpenSocket } from "./transports/stomp.js";
import type { OpenTransport } from "./transports/transport.js";
import type { ListensBy } from "./listening/state.js";

/** A user who listens on this device, and stays so over lost sockets, nodes and networks. */
export interface SignalBrokerClient extends PushClient {
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

  /** Hears of every signal, once, except those that set up calls. */
  onSignal(handler: (signal: Signal) => void): Unsubscribe;

  /**
   * Hears of every call that comes in. A promise that the handler returns may reject with a {@link SignalBrokerError}
   * (the caller gave up meanwhile, say) without harm.
   */
  onCall(handler: (incoming: IncomingCall) => void | Promise<unknown>): Unsubscribe;

  /**
   * Sends any JSON to a user (all listening sessions) or to one session. Signals to one addressee go one after the
   * other, in the order of the calls. While the client reconnects up to 100 wait.
   * @throws SignalBrokerError `user-not-listening`, `expired`, `queue-full`, `closed`, `unreachable` (it may have
   * arrived or not), or what else the webapp says
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

  /** Hangs up every call, ends the session and stays closed. */
  close(): Promise<void>;
}

/** What tests replace. */
export interface ClientParts {
  surroundings: Surroundings;
  transports: Record<ListensBy, OpenTransport>;
}

/** How long closing may wait until the peers are told. */
const farewellMs = 2000;

/** A client that does not listen yet, and the promise that it does. */
export function createClient(options: ConnectOptions, parts: Partial<ClientParts> = {}): Promise<SignalBrokerClient> {
  const http = createHttp(options.url, options.fetch);
  const surroundings = parts.surroundings ?? createSurroundings();
  const states = createEmitter<State>();
  const signals = createEmitter<Signal>();
  const isDuplicate = createDuplicates();
  const tokens = createTokens(options.token);
  const iceServers = createIceServers(http);
  const socketSending = createSocketSending();
  const outbox = createOutbox(deliver);
  let identity: Identity = { userId: options.userId, device: options.device, isGiven: false };
  let session: SessionInfo | undefined;

  const listening = createListening({
    surroundings,
    transports: createTransportChoice(options.listen ?? "auto", {
      websocket: createStompTransport(openSocketOf(options), createHeartbeat(options.heartbeatWorker)),
      sse: createEventsTransport(http),
      ...parts.transports,
    }),
    async openSession() {
      const opened = await openSession(http, identity, tokens);
      // An anonymous user comes back under the name that the webapp gave, if that takes no proof.
      const isGiven = options.userId === undefined && options.token === undefined;
      identity = { userId: opened.userId, device: options.device, isGiven };
      iceServers.renew(opened);
      return opened;
    },
    closeSession: (ended, keepalive) => closeSession(http, ended, keepalive),
    onState,
    onReceived,
  });

  const calls = createCalls({
    send: (to, content) => outbox.send({ to, content, type: callType, id: uniqueId() }),
    sendLast(to, content) {
      const { current } = listening;
      if (current) {
        const signal = { to, content, type: callType, id: uniqueId() };
        sendOverHttp(http, current.session, signal, true).catch(() => undefined);
      }
    },
    self: () => ({ userId: identity.userId ?? "", listeningKey: session?.listeningKey ?? "" }),
    iceServers: () => iceServers.get(),
    options: options.calls ?? {},
  });

  surroundings.onNetworkChange(calls.networkChanged);
  surroundings.onLeave(() => {
    void calls.hangUpAll("last");
    listening.leave();
  });
  surroundings.onReturn(() => listening.comeBack());

  const client: SignalBrokerClient = {
    get userId() {
      return identity.userId ?? "";
    },
    get session() {
      // Nobody has a client before it has listened.
      return session as SessionInfo;
    },
    get state() {
      return listening.state;
    },
    get calls() {
      return calls.current;
    },
    onState: states.on,
    onSignal: signals.on,
    onCall: calls.onCall,
    send: (to, content, sending = {}) => outbox.send({ ...sending, to, content, id: sending.id ?? uniqueId() }),
    call: calls.call,
    ...createPush(http, () => listening.current?.session),
    async close() {
      if (listening.current) {
        await Promise.race([calls.hangUpAll("peer"), new Promise((resolve) => setTimeout(resolve, farewellMs))]);
      }
      await listening.close({ code: "closed", reason: "The application closed it." });
    },
  };

  return new Promise((resolve, reject) => {
    const abort = (): void => void listening.close({ code: "aborted", reason: "The application gave up connecting." });
    if (options.signal?.aborted) {
      reject(new SignalBrokerError("aborted", "The application gave up connecting."));
      return;
    }
    options.signal?.addEventListener("abort", abort, { once: true });
    const stop = states.on((state) => {
      if (state.name === "listening") {
        resolve(client);
      } else if (state.name === "closed") {
        reject(new SignalBrokerError(state.problem.code, state.problem.reason));
      } else {
        return;
      }
      stop();
      options.signal?.removeEventListener("abort", abort);
    });
    options.onState?.(listening.state);
    if (options.onState) {
      states.on(options.onState);
    }
    listening.start();
  });

  function onState(state: State): void {
    if (state.name === "listening") {
      ({ session } = state);
    } else {
      outbox.pause();
      socketSending.lost();
    }
    if (state.name === "closed") {
      const error = new SignalBrokerError("closed", state.problem.reason);
      outbox.close(error);
      calls.close(error);
      surroundings.dispose();
    }
    states.emit(state);
    if (state.name === "listening") {
      outbox.resume();
      calls.listening();
    }
  }

  function onReceived(body: string): void {
    const envelope = readEnvelope(body);
    if (!envelope) {
      return;
    }
    if (!isSignal(envelope)) {
      socketSending.receive(envelope);
    } else if (!isDuplicate(envelope)) {
      if (envelope.type === callType) {
        calls.receive(envelope);
      } else {
        signals.emit(envelope);
      }
    }
  }

  async function deliver(signal: OutgoingSignal): Promise<Sent> {
    const { current } = listening;
    if (!current) {
      throw new SignalBrokerError("unauthorized", "Nothing listens at the moment.");
    }
    try {
      const { send } = current.transport;
      return options.send === "socket" && send
        ? await socketSending.send(send, signal)
        : await sendOverHttp(http, current.session, signal);
    } catch (thrown) {
      const error = asSignalBrokerError(thrown, "unreachable");
      if (error.code === "unauthorized") {
        listening.expired(current.session);
      }
      throw error;
    }
  }
}

function openSocketOf({ openSocket }: ConnectOptions): OpenSocket {
  return openSocket ?? ((address, protocols) => new WebSocket(address, protocols));
}
