import { afterEach, beforeEach, vi } from "vitest";
import { SignalBrokerError } from "../../src/base/errors";
import type { Surroundings } from "../../src/base/surroundings";
import { createTransportChoice, type Listen } from "../../src/listening/choice";
import { readIceServers } from "../../src/listening/iceServers";
import { createListening, type Listening } from "../../src/listening/listening";
import type { Session } from "../../src/listening/session";
import type { State } from "../../src/listening/state";
import type { OpenTransport, TransportEvents } from "../../src/listening/transport";
import { createSocketSending, type SocketSending } from "../../src/sending/socket";
import { tick } from "./server";

interface Opened extends TransportEvents {
  by: string;
  withinMs: number;
  closed: boolean;
  /** What was sent through it. */
  sent: string[];
}

/** What a client that listens does, and what surrounds it. */
export const world = {
  listening: undefined as unknown as Listening,
  states: [] as State[],
  /** The transports that were opened, oldest first. */
  opened: [] as Opened[],
  /** How many sessions were asked for. */
  asked: 0,
  /** The listening keys of the sessions from which those were to take over. */
  predecessors: [] as (string | undefined)[],
  answer: (predecessor?: Session): Promise<Session> =>
    Promise.resolve(sessionNamed(`s.${world.asked}`, predecessor?.knownAs)),
  /** The listening keys of sessions that were accepted, and of those that were ended. */
  taken: [] as string[],
  ended: [] as string[],
  /** The listening keys of those that have taken over from another one. */
  moved: [] as string[],
  /** What has come in. */
  received: [] as string[],
  socket: undefined as unknown as SocketSending,
  online: true,
  /** Whether sessions may listen by MQTT. */
  offersMqtt: false,
  /** Whether they may by STOMP. */
  offersStomp: true,
  wake: (): void => undefined,
  networkChange: (): void => undefined,
};

const initial = { ...world };

export function refusal(status: number, code: string, retryAfterMs?: number): SignalBrokerError {
  return new SignalBrokerError(code, code, { status, retryAfterMs });
}

export function sessionNamed(listeningKey: string, knownAs: string | undefined = listeningKey): Session {
  return {
    userId: "alice",
    device: undefined,
    listeningAddress: "ws://node/ws",
    listeningKey,
    knownAs,
    passcode: "secret",
    mqtt: world.offersMqtt ? { protocol: "mqtt" } : undefined,
    stomp: world.offersStomp,
    ice: readIceServers({}),
  };
}

export function create(listen: Listen = "auto"): void {
  const transport =
    (by: string): OpenTransport =>
    (_, events, withinMs) => {
      const mine: Opened = { ...events, by, withinMs, closed: false, sent: [] };
      world.opened.push(mine);
      return { send: (body) => void mine.sent.push(body), close: () => void (mine.closed = true) };
    };
  const surroundings: Surroundings = {
    isOnline: () => world.online,
    onWake: (handler) => void (world.wake = handler),
    onNetworkChange: (handler) => void (world.networkChange = handler),
    onLeave: () => undefined,
    onReturn: () => undefined,
    dispose: () => undefined,
  };
  world.socket = createSocketSending();
  world.listening = createListening({
    openSession: (_, predecessor) => {
      world.asked++;
      world.predecessors.push(predecessor?.listeningKey);
      return world.answer(predecessor);
    },
    waitsFor: () => ({ code: "unreachable", reason: "The server has not answered yet." }),
    onOpened: ({ listeningKey }) => void world.taken.push(listeningKey),
    onMoved: ({ listeningKey }) => void world.moved.push(listeningKey),
    closeSession: ({ listeningKey }) => {
      world.ended.push(listeningKey);
      return Promise.resolve();
    },
    transports: createTransportChoice(listen, { mqtt: transport("mqtt"), stomp: transport("websocket"), sse: transport("sse") }),
    surroundings,
    socket: world.socket,
    onState: (state) => world.states.push(state),
    onReceived: (body) => void world.received.push(body),
  });
}

/** Starts, and listens. */
export async function listen(): Promise<void> {
  world.listening.start();
  await tick();
  world.opened.at(-1)?.listening();
}

/** Gives each test of a file a client of its own, and fake timers without jitter. */
export function useListener(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    Object.assign(world, initial, { states: [], opened: [], predecessors: [], taken: [], ended: [], moved: [], received: [] });
    create();
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}
