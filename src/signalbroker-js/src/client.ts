import { createAsking } from "./asking.js";
import { callType } from "./calls/content.js";
import { createCalls } from "./calls/calls.js";
import { createDuplicates } from "./duplicates.js";
import { createEmitter, type Emitter, type Unsubscribe } from "./emitter.js";
import { isSignal, readEnvelope, type ControlSignal, type Signal } from "./envelope.js";
import { SignalBrokerError } from "./errors.js";
import { createHttp } from "./http.js";
import { createInbox, type Stored } from "./inbox/inbox.js";
import type { Receipt } from "./inbox/options.js";
import { readReceipt, receiptType } from "./inbox/receipts.js";
import { createIceServers } from "./listening/iceServers.js";
import { createListening } from "./listening/listening.js";
import { closeSession, openSession, type Identity } from "./listening/session.js";
import type { SessionInfo, State } from "./listening/state.js";
import { createTokens } from "./listening/tokens.js";
import type { ConnectOptions } from "./options.js";
import { createPresences } from "./presence/presence.js";
import { presenceType } from "./presence/reading.js";
import { createPush } from "./push.js";
import { uniqueId } from "./random.js";
import { createRooms, roomType } from "./rooms/rooms.js";
import { createOutbox } from "./sending/outbox.js";
import { readSent, type Addressee, type SendOptions, type Sent } from "./sending/signal.js";
import { createSocketSending } from "./sending/socket.js";
import { createWayOut } from "./sending/wayOut.js";
import type { SignalBrokerClient } from "./signalBrokerClient.js";
import { createSurroundings, type Surroundings } from "./surroundings.js";
import { createTransportChoice } from "./transports/choice.js";
import { createEventsTransport } from "./transports/events.js";
import { createHeartbeat } from "./transports/heartbeat.js";
import { createStompTransport, type OpenSocket } from "./transports/stomp.js";
import type { OpenTransport } from "./transports/transport.js";
import type { ListensBy } from "./listening/state.js";

/** What tests replace. */
export interface ClientParts {
  surroundings: Surroundings;
  transports: Record<ListensBy, OpenTransport>;
}

const gaveUp = "The application gave up connecting.";
/** How long closing may wait until the peers are told. */
const farewellMs = 2000;

/** A client that does not listen yet, and the promise that it does. */
export function createClient(options: ConnectOptions, parts: Partial<ClientParts> = {}): Promise<SignalBrokerClient> {
  if (options.signal?.aborted) {
    return Promise.reject(new SignalBrokerError("aborted", gaveUp));
  }
  const http = createHttp(options.url, options.fetch);
  const surroundings = parts.surroundings ?? createSurroundings();
  const states = createEmitter<State>();
  const signals = createEmitter<Signal>();
  const receipts = createEmitter<Receipt>();
  const isDuplicate = createDuplicates();
  const tokens = createTokens(options.token);
  const iceServers = createIceServers(http);
  const socket = createSocketSending();
  const wayOut = createWayOut({
    http,
    socket,
    usesSocket: options.send === "socket",
    current: () => listening.current,
    expired: (expired) => listening.expired(expired),
  });
  const outbox = createOutbox(wayOut.send);
  let identity: Identity = { userId: options.userId, device: options.device, isGiven: false };
  let session: SessionInfo | undefined;

  const listening = createListening({
    surroundings,
    transports: createTransportChoice(options.listen ?? "auto", {
      websocket: createStompTransport(openSocketOf(options), createHeartbeat(options.heartbeatWorker)),
      sse: createEventsTransport(http),
      ...parts.transports,
    }),
    openSession: () => openSession(http, identity, tokens),
    onOpened(opened) {
      // An anonymous user comes back under the name that the webapp gave, if that takes no proof.
      const isGiven = options.userId === undefined && options.token === undefined;
      identity = { userId: opened.userId, device: options.device, isGiven };
      iceServers.renew(opened);
      inbox.opened(opened);
    },
    closeSession: (ended, keepalive) => closeSession(http, ended, keepalive),
    onState,
    onReceived,
  });

  const asking = createAsking({
    http,
    session: () => listening.current?.session,
    expired: (session) => listening.expired(session),
  });
  const inbox = createInbox({
    options: options.inbox ?? {},
    url: options.url,
    asking,
    hand,
    isDuplicate,
    settle: wayOut.settle,
    settleLast: wayOut.settleLast,
  });
  const rooms = createRooms({ asking, send: outbox.send, onHandler });
  const presences = createPresences(asking);
  const calls = createCalls({
    send: (to, content) => send(to, content, { type: callType }),
    sendLast: (to, content) => wayOut.sendLast({ to, content, type: callType, id: uniqueId() }),
    self: () => ({ userId: identity.userId ?? "", listeningKey: session?.listeningKey ?? "" }),
    iceServers: () => iceServers.get(),
    options: options.calls ?? {},
  });

  surroundings.onNetworkChange(calls.networkChanged);
  surroundings.onLeave(() => {
    void calls.hangUpAll("last");
    inbox.leave();
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
    onSignal: (handler) => onStored(signals, handler),
    onReceipt: (handler) => onStored(receipts, handler),
    onRecovery: inbox.onRecovery,
    settle: inbox.settle,
    onCall: calls.onCall,
    send,
    call: calls.call,
    ...createPush(http, () => listening.current?.session),
    createRoom: rooms.createRoom,
    joinRoom: rooms.joinRoom,
    rooms: rooms.rooms,
    presence: presences.presence,
    watch: presences.watch,
    users: presences.users,
    async close() {
      if (listening.current) {
        const farewells = Promise.all([calls.hangUpAll("peer"), inbox.flush()]);
        await Promise.race([farewells, new Promise((resolve) => setTimeout(resolve, farewellMs))]);
      }
      await listening.close({ code: "closed", reason: "The application closed it." });
    },
  };

  return new Promise((resolve, reject) => {
    const abort = (): void => void listening.close({ code: "aborted", reason: gaveUp });
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
      socket.lost();
    }
    if (state.name === "closed") {
      const error = new SignalBrokerError("closed", state.problem.reason);
      outbox.close(error);
      asking.close(error);
      calls.close(error);
      surroundings.dispose();
    }
    states.emit(state);
    if (state.name === "listening") {
      outbox.resume();
      asking.listening();
      inbox.listening();
      rooms.listening();
      presences.listening();
      calls.listening();
    }
  }

  async function send(to: Addressee, content: unknown, sending: SendOptions = {}): Promise<Sent> {
    const signal = { ...sending, to, content, id: sending.id ?? uniqueId() };
    return readSent(signal.id, await outbox.send(signal));
  }

  function onStored<T>(events: Emitter<T>, handler: (event: T) => unknown): Unsubscribe {
    const stop = events.on(handler);
    onHandler();
    return stop;
  }

  /** What came before there was a handler was kept for it. */
  function onHandler(): void {
    queueMicrotask(inbox.handOver);
  }

  function onReceived(body: string): void {
    const envelope = readEnvelope(body);
    if (!envelope) {
      return;
    }
    if (envelope.sequence !== undefined) {
      inbox.receive(envelope as Stored);
    } else if (!isSignal(envelope) || !isDuplicate(envelope)) {
      hand(envelope);
    }
  }

  /** Gives an envelope to whom it concerns; undefined when that is nobody yet. */
  function hand(envelope: Signal | ControlSignal): Promise<unknown>[] | undefined {
    if (!isSignal(envelope)) {
      return handControl(envelope);
    }
    if (envelope.type === callType) {
      calls.receive(envelope);
      return [];
    }
    return envelope.room === undefined ? emit(signals, envelope) : rooms.receive(envelope);
  }

  function handControl(control: ControlSignal): Promise<unknown>[] | undefined {
    switch (control.type) {
      case receiptType:
        return emit(receipts, readReceipt(control));
      case roomType:
        rooms.hear(control);
        break;
      case presenceType:
        presences.hear(control);
        break;
      default:
        socket.receive(control);
    }
    return [];
  }

  function emit<T>(events: Emitter<T>, event: T): Promise<unknown>[] | undefined {
    return events.size > 0 ? events.emit(event) : undefined;
  }
}

function openSocketOf({ openSocket }: ConnectOptions): OpenSocket {
  return openSocket ?? ((address, protocols) => new WebSocket(address, protocols));
}
