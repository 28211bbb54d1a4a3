import { createDuplicates } from "./base/duplicates.js";
import type { Http } from "./base/http.js";
import { createSurroundings, type Surroundings } from "./base/surroundings.js";
import { createCalls } from "./calls/calls.js";
import { callType } from "./calls/content.js";
import { createInbox } from "./inbox/inbox.js";
import { createTransportChoice, type Way } from "./listening/choice.js";
import { createIceServers } from "./listening/iceServers.js";
import { createSessionLine } from "./listening/line.js";
import { createListening, type Listening } from "./listening/listening.js";
import { createRequests } from "./listening/requests.js";
import { closeSession, openSession, requestSession, type Identity } from "./listening/session.js";
import type { State } from "./listening/state.js";
import { createTokens } from "./listening/tokens.js";
import type { OpenTransport } from "./listening/transport.js";
import type { ConnectOptions } from "./options.js";
import { createPresences } from "./presence/presence.js";
import { createReception } from "./reception.js";
import { createRooms } from "./rooms/rooms.js";
import { createDispatch } from "./sending/dispatch.js";
import { createOutbox } from "./sending/outbox.js";
import { readSent, writeSignal, type Addressee, type SendOptions, type Sent } from "./sending/signal.js";
import { createSocketSending } from "./sending/socket.js";
import { createEventsTransport } from "./transports/events.js";
import { createHeartbeat } from "./transports/heartbeat.js";
import { createMqttLoader } from "./transports/mqttLoader.js";
import { createPlacing } from "./transports/placing.js";
import { createStompTransport, type OpenSocket } from "./transports/stomp.js";

/** What tests replace. */
export interface ClientParts {
  surroundings: Surroundings;
  transports: Record<Way, OpenTransport>;
}

/** The parts of a client. */
export type Parts = ReturnType<typeof createParts>;

/** Makes the parts of a client, and connects them. */
export function createParts(
  options: ConnectOptions,
  http: Http,
  replaced: Partial<ClientParts>,
  onState: (state: State, before: State) => void,
) {
  const surroundings = replaced.surroundings ?? createSurroundings();
  const tokens = createTokens(options.token);
  const iceServers = createIceServers(http);
  const socket = createSocketSending();
  const isDuplicate = createDuplicates();
  const line = createSessionLine(options.line, `signalbroker.line ${String(options.url)} ${options.userId ?? ""}`);
  const identity: Identity = { userId: options.userId, device: options.device, isGiven: false, line: line.current };

  const { listen = "auto", mqtt: usesMqtt = true } = options;
  const open: OpenSocket = options.openSocket ?? ((address, protocols) => new WebSocket(address, protocols));
  const startHeartbeat = createHeartbeat(options.heartbeatWorker);
  const place = createPlacing(options.place, http, open);
  const mqtt = createMqttLoader(open, startHeartbeat, usesMqtt && listen !== "sse");

  const listening = createListening({
    surroundings,
    transports: createTransportChoice(listen, {
      mqtt: mqtt.open,
      stomp: createStompTransport(open, startHeartbeat),
      sse: createEventsTransport(http),
      ...replaced.transports,
    }),
    async openSession(resumes, predecessor) {
      const who = { ...identity, resumes, predecessor, place: await place() };
      return mqtt.ready(predecessor ? requestSession(http, who) : openSession(http, who, tokens));
    },
    waitsFor: () =>
      tokens.isAsked
        ? { code: "token-unavailable", reason: "The application has not provided the token yet." }
        : { code: "unreachable", reason: "The server has not answered yet." },
    onOpened(opened) {
      // An anonymous user comes back under the name that the webapp gave, if that needs no proof.
      identity.isGiven = options.userId === undefined && options.token === undefined;
      identity.userId = opened.userId;
      iceServers.renew(opened);
      inbox.opened(opened);
    },
    onMoved: iceServers.renew,
    closeSession: (ended, keepalive) => closeSession(http, ended, keepalive),
    socket,
    onState,
    onReceived: (body) => reception.receive(body),
  });
  const { expired } = listening;
  const current = (): Listening["current"] => listening.current;
  const requests = createRequests({ http, session: () => current()?.session, expired });
  const dispatch = createDispatch({ http, socket, usesSocket: options.send === "socket", current, expired });
  const { settle, settleLast } = dispatch;
  const outbox = createOutbox(dispatch.send, dispatch.mostAtOnce);
  const inbox = createInbox({
    options: options.inbox ?? {},
    url: String(options.url),
    requests,
    hand: (envelope) => reception.hand(envelope),
    isDuplicate,
    settle,
    settleLast,
  });
  const rooms = createRooms({ requests, send: outbox.send, onHandler: () => reception.onHandler() });
  const presences = createPresences(requests);
  const calls = createCalls({
    send: (to, content) => send(to, content, { type: callType }),
    sendLast: (to, content) => dispatch.sendLast(writeSignal(to, content, { type: callType })),
    self: () => listening.session?.knownAs ?? "",
    iceServers: iceServers.get,
    options: options.calls ?? {},
  });
  const { hear: onSession } = listening;
  const reception = createReception({ inbox, rooms, presences, calls, socket, isDuplicate, onSession });
  const parts = { surroundings, identity, line, listening, requests, outbox, socket, inbox, rooms, presences, calls };
  return { ...parts, reception, send };

  async function send(to: Addressee, content: unknown, sending: SendOptions = {}): Promise<Sent> {
    const signal = writeSignal(to, content, sending);
    return readSent(signal.id, await outbox.send(signal));
  }
}
