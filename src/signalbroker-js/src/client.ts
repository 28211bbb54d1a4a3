import { addressOf } from "./base/address.js";
import { createAsking } from "./listening/asking.js";
import { callType } from "./calls/content.js";
import { createCalls } from "./calls/calls.js";
import { expectNotAborted, whenListening } from "./connecting.js";
import { createDuplicates } from "./base/duplicates.js";
import { createEmitter, type Emitter, type Unsubscribe } from "./base/emitter.js";
import { isSignal, readEnvelope, type ControlSignal, type Signal } from "./base/envelope.js";
import { SignalBrokerError } from "./base/errors.js";
import { createHttp } from "./base/http.js";
import { createInbox, type Stored } from "./inbox/inbox.js";
import type { Receipt } from "./inbox/options.js";
import { readReceipt, receiptType } from "./inbox/receipts.js";
import { objectOf, textOf } from "./base/json.js";
import { createKeeping } from "./base/keeping.js";
import { createIceServers } from "./listening/iceServers.js";
import { createSessionLine } from "./listening/line.js";
import { createListening } from "./listening/listening.js";
import { closeSession, openSession, type Identity } from "./listening/session.js";
import type { SessionInfo, State } from "./listening/state.js";
import { createTokens } from "./listening/tokens.js";
import type { ConnectOptions } from "./options.js";
import { within } from "./base/pending.js";
import { createPresences } from "./presence/presence.js";
import { presenceType } from "./presence/reading.js";
import { createPush } from "./push/push.js";
import { createRooms, roomType } from "./rooms/rooms.js";
import { createOutbox } from "./sending/outbox.js";
import { writeContent } from "./sending/content.js";
import { readSent, writeSignal, type Addressee, type SendOptions, type Sent } from "./sending/signal.js";
import { createSocketSending } from "./sending/socket.js";
import { createWayOut } from "./sending/wayOut.js";
import type { SignalBrokerClient } from "./signalBrokerClient.js";
import { createSurroundings, type Surroundings } from "./base/surroundings.js";
import { createTransportChoice } from "./listening/choice.js";
import { createEventsTransport } from "./transports/events.js";
import { createHeartbeat } from "./transports/heartbeat.js";
import { createStompTransport, type OpenSocket } from "./transports/stomp.js";
import type { OpenTransport } from "./listening/transport.js";
import type { ListensBy } from "./listening/state.js";

/** What tests replace. */
export interface ClientParts {
  surroundings: Surroundings;
  transports: Record<ListensBy, OpenTransport>;
}

/** The type of the envelopes that tell what happened to the session. */
const sessionType = "session";
const closed = "The client was closed.";
/** How long closing may wait for answers to what is under way. */
const farewellMs = 5000;

/** A client that does not listen yet, and the promise that it does. */
export async function createClient(
  options: ConnectOptions,
  parts: Partial<ClientParts> = {},
): Promise<SignalBrokerClient> {
  const http = createHttp(addressOf((options as ConnectOptions | undefined)?.url), options.fetch);
  expectNotAborted(options);
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
  const line = createSessionLine(options.line, `signalbroker.line ${String(options.url)} ${options.userId ?? ""}`);
  let identity: Identity = { userId: options.userId, device: options.device, isGiven: false, line: line.current };
  let session: SessionInfo | undefined;
  let closing: Promise<void> | undefined;

  const listening = createListening({
    surroundings,
    transports: createTransportChoice(options.listen ?? "auto", {
      websocket: createStompTransport(openSocketOf(options), createHeartbeat(options.heartbeatWorker)),
      sse: createEventsTransport(http),
      ...parts.transports,
    }),
    openSession: (resumes) => openSession(http, { ...identity, resumes }, tokens),
    waitsFor: () =>
      tokens.isAsked
        ? { code: "token-unavailable", reason: "The application has not brought the token yet." }
        : { code: "unreachable", reason: "The server has not answered yet." },
    onOpened(opened) {
      // An anonymous user comes back under the name that the webapp gave, if that takes no proof.
      const isGiven = options.userId === undefined && options.token === undefined;
      identity = { ...identity, userId: opened.userId, isGiven };
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
    url: String(options.url),
    asking,
    hand,
    isDuplicate,
    settle: wayOut.settle,
    settleLast: wayOut.settleLast,
  });
  const keeping = createKeeping(hand, (room) => (room === undefined ? signals.hadHandler : rooms.hadHandler(room)));
  const rooms = createRooms({ asking, send: outbox.send, onHandler });
  const presences = createPresences(asking);
  const calls = createCalls({
    send: (to, content) => send(to, content, { type: callType }),
    sendLast: (to, content) => wayOut.sendLast(writeSignal(to, content, { type: callType })),
    self: () => ({ userId: identity.userId ?? "", listeningKey: session?.listeningKey ?? "" }),
    iceServers: () => iceServers.get(),
    options: options.calls ?? {},
  });

  surroundings.onNetworkChange(calls.networkChanged);
  surroundings.onLeave(() => {
    void calls.hangUpAll("last");
    inbox.leave();
    line.leave();
    listening.leave();
  });
  surroundings.onReturn(() => {
    line.comeBack();
    listening.comeBack();
  });

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
    async call(userId, options = {}) {
      // It rings more than once, and says the same each time.
      const { info } = options;
      return calls.call(userId, info === undefined ? options : { ...options, info: JSON.parse(writeContent(info, "info")) });
    },
    ...createPush(http, () => listening.current?.session),
    createRoom: rooms.createRoom,
    joinRoom: rooms.joinRoom,
    rooms: rooms.rooms,
    presence: presences.presence,
    watch: presences.watch,
    users: presences.users,
    close: () => (closing ??= close()),
  };

  if (options.onState) {
    options.onState(listening.state);
    states.on(options.onState);
  }
  const connected = whenListening(listening, states, options);
  listening.start();
  await connected;
  return client;

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

  async function close(): Promise<void> {
    if (listening.current) {
      const error = new SignalBrokerError("closed", closed);
      // The calls' last words are the last ones that the outbox takes.
      const farewells = [calls.hangUpAll("peer"), inbox.flush(), outbox.drain(error), asking.drain(error)];
      await within(farewellMs, Promise.all(farewells));
    }
    await listening.close({ code: "closed", reason: closed });
  }

  async function send(to: Addressee, content: unknown, sending: SendOptions = {}): Promise<Sent> {
    const signal = writeSignal(to, content, sending);
    return readSent(signal.id, await outbox.send(signal));
  }

  function onStored<T>(events: Emitter<T>, handler: (event: T) => unknown): Unsubscribe {
    const stop = events.on(handler);
    onHandler();
    return stop;
  }

  /** What came before there was a handler was kept for it. */
  function onHandler(): void {
    queueMicrotask(() => {
      inbox.handOver();
      keeping.handOver();
    });
  }

  function onReceived(body: string): void {
    const envelope = readEnvelope(body);
    if (!envelope) {
      return;
    }
    if (envelope.sequence !== undefined) {
      inbox.receive(envelope as Stored);
    } else if (!isSignal(envelope)) {
      handControl(envelope);
    } else if (!isDuplicate(envelope)) {
      keeping.receive(envelope, body.length);
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
      case sessionType:
        if (textOf(objectOf(control.content), "event") === "replaced") {
          listening.replaced();
        }
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
