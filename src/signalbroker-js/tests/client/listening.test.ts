import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SignalBrokerError } from "../../src/base/errors";
import { createListening, type Listening } from "../../src/listening/listening";
import { readIceServers } from "../../src/listening/iceServers";
import type { Session } from "../../src/listening/session";
import type { State } from "../../src/listening/state";
import type { Surroundings } from "../../src/base/surroundings";
import { createTransportChoice, type Listen } from "../../src/listening/choice";
import type { OpenTransport, TransportEvents } from "../../src/listening/transport";

interface Opened extends TransportEvents {
  by: string;
  closed: boolean;
}

let opened: Opened[];
let asked: number;
let answer: () => Promise<Session>;
let taken: string[];
let ended: string[];
let states: State[];
let online: boolean;
let wake: () => void;
let networkChange: () => void;
let listening: Listening;

const names = (): string[] => states.map(({ name }) => name);
const refusal = (status: number, code: string, retryAfterMs?: number): SignalBrokerError =>
  new SignalBrokerError(code, code, { status, retryAfterMs });

function sessionNamed(listeningKey: string): Session {
  return {
    userId: "alice",
    device: undefined,
    listeningAddress: "ws://node/ws",
    listeningKey,
    passcode: "secret",
    ice: readIceServers({}),
  };
}

function create(listen: Listen = "auto"): void {
  const transport =
    (by: string): OpenTransport =>
    (_, events) => {
      const mine = { ...events, by, closed: false };
      opened.push(mine);
      return { close: () => void (mine.closed = true) };
    };
  const surroundings: Surroundings = {
    isOnline: () => online,
    onWake: (handler) => void (wake = handler),
    onNetworkChange: (handler) => void (networkChange = handler),
    onLeave: () => undefined,
    onReturn: () => undefined,
    dispose: () => undefined,
  };
  listening = createListening({
    openSession: () => {
      asked++;
      return answer();
    },
    waitsFor: () => ({ code: "unreachable", reason: "The server has not answered yet." }),
    onOpened: ({ listeningKey }) => void taken.push(listeningKey),
    closeSession: ({ listeningKey }) => {
      ended.push(listeningKey);
      return Promise.resolve();
    },
    transports: createTransportChoice(listen, { websocket: transport("websocket"), sse: transport("sse") }),
    surroundings,
    onState: (state) => states.push(state),
    onReceived: () => undefined,
  });
}

async function listen(): Promise<void> {
  listening.start();
  await vi.advanceTimersByTimeAsync(0);
  opened.at(-1)?.listening();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  opened = [];
  asked = 0;
  taken = [];
  ended = [];
  states = [];
  online = true;
  answer = () => Promise.resolve(sessionNamed(`s.${asked}`));
  create();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("listens only once the broker confirmed it", async () => {
  listening.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(opened).toHaveLength(1);
  expect(listening.state.name).toBe("connecting");
  expect(listening.current).toBeUndefined();
  opened[0]?.listening();
  expect(listening.state).toMatchObject({ name: "listening", by: "websocket", session: { listeningKey: "s.1" } });
  expect(listening.current?.session.passcode).toBe("secret");
});

it("shows no secret in its state", async () => {
  await listen();
  expect(JSON.stringify(states)).not.toContain("secret");
});

it("replaces a lost session by a new one, and says why", async () => {
  await listen();
  opened[0]?.lost("The socket closed.", false);
  expect(listening.state).toMatchObject({ name: "reconnecting", problem: { reason: "The socket closed." } });
  expect(listening.current).toBeUndefined();
  await vi.advanceTimersByTimeAsync(250);
  opened[1]?.listening();
  expect(listening.state).toMatchObject({ name: "listening", session: { listeningKey: "s.2" } });
  // Its socket has ended it.
  expect(ended).toEqual([]);
});

it("waits longer while nothing stays, and begins anew after a stable while", async () => {
  await listen();
  opened[0]?.lost("gone", false);
  await vi.advanceTimersByTimeAsync(250);
  opened[1]?.lost("gone", false);
  await vi.advanceTimersByTimeAsync(499);
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toBe(3);

  opened[2]?.listening();
  await vi.advanceTimersByTimeAsync(15_000);
  opened[2]?.lost("gone", false);
  await vi.advanceTimersByTimeAsync(250);
  expect(asked).toBe(4);
});

it("tries at once when it may be of use, but not before the time that the webapp named", async () => {
  await listen();
  opened[0]?.lost("gone", false);
  wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toBe(2);

  answer = () => Promise.reject(refusal(503, "no-node-available", 5000));
  opened[1]?.lost("gone", false);
  wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toBe(3);
  wake();
  await vi.advanceTimersByTimeAsync(4999);
  expect(asked).toBe(3);
  expect(listening.state).toMatchObject({ name: "reconnecting", problem: { code: "no-node-available" } });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toBeGreaterThan(3);
});

it("a wake while it listens or asks changes nothing", async () => {
  listening.start();
  wake();
  await vi.advanceTimersByTimeAsync(0);
  opened[0]?.listening();
  wake();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(1);
});

it("never asks while it is offline, and at once when it is back", async () => {
  await listen();
  online = false;
  opened[0]?.lost("gone", false);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked).toBe(1);
  expect(listening.state).toMatchObject({ name: "reconnecting", problem: { code: "offline" } });
  online = true;
  wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toBe(2);
});

it.each([0, 408, 429, 500, 503])("keeps trying after %s", async (status) => {
  answer = () => Promise.reject(status ? refusal(status, "later") : new SignalBrokerError("unreachable", "no answer"));
  listening.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBeGreaterThan(2);
  expect(listening.state).toMatchObject({ name: "connecting", problem: { code: status ? "later" : "unreachable" } });
});

it.each([401, 403, 404])("keeps trying when only a gateway answers, with %s", async (status) => {
  answer = () => Promise.reject(refusal(status, "unreachable"));
  listening.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBeGreaterThan(2);
  expect(listening.state).toMatchObject({ name: "connecting", problem: { code: "unreachable" } });
});

it.each([400, 401, 409])("closes after %s, which no waiting mends", async (status) => {
  answer = () => Promise.reject(refusal(status, "refused"));
  listening.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(1);
  expect(listening.state).toMatchObject({ name: "closed", problem: { code: "refused" } });
});

it("takes a conflict for one with its own lost session when it comes back", async () => {
  await listen();
  answer = () => Promise.reject(refusal(409, "user-already-connected"));
  opened[0]?.lost("gone", false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBeGreaterThan(2);
  expect(listening.state.name).toBe("reconnecting");
});

it("keeps trying while the token can't be had", async () => {
  answer = () => Promise.reject(new Error("the login server is down"));
  listening.start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toBeGreaterThan(1);
  expect(listening.state).toMatchObject({ problem: { code: "token-unavailable" } });
});

it("leaves no session behind when it is closed while the webapp answers", async () => {
  let arrive: (session: Session) => void = () => undefined;
  answer = () => new Promise((resolve) => (arrive = resolve));
  listening.start();
  await listening.close({ code: "closed", reason: "" });
  arrive(sessionNamed("s.late"));
  await vi.advanceTimersByTimeAsync(0);
  expect(ended).toEqual(["s.late"]);
  expect(opened).toHaveLength(0);
});

it("takes over no session that is opened too late", async () => {
  let arrive: (session: Session) => void = () => undefined;
  answer = () => new Promise((resolve) => (arrive = resolve));
  listening.start();
  await vi.advanceTimersByTimeAsync(0);
  const arriveLate = arrive;
  listening.leave();
  listening.comeBack();
  await vi.advanceTimersByTimeAsync(0);
  arrive(sessionNamed("s.2"));
  await vi.advanceTimersByTimeAsync(0);
  arriveLate(sessionNamed("s.1"));
  await vi.advanceTimersByTimeAsync(0);
  expect(taken).toEqual(["s.2"]);
  expect(ended).toEqual(["s.1"]);
  expect(opened).toHaveLength(1);
});

it("ends its session when it is closed, and stays closed", async () => {
  await listen();
  await listening.close({ code: "closed", reason: "done" });
  expect(ended).toEqual(["s.1"]);
  expect(opened[0]?.closed).toBe(true);
  wake();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(1);
  expect(names()).toEqual(["listening", "closed"]);
});

it("drops the session that the webapp no longer knows, and only that one", async () => {
  await listen();
  const { session } = listening.current ?? expect.fail();
  listening.expired(session);
  expect(listening.state).toMatchObject({ name: "reconnecting", problem: { code: "unauthorized" } });
  await vi.advanceTimersByTimeAsync(250);
  opened[1]?.listening();
  listening.expired(session);
  expect(listening.state.name).toBe("listening");
});

it("comes back with the page", async () => {
  await listen();
  listening.leave();
  expect(ended).toEqual(["s.1"]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(1);
  listening.comeBack();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toBe(2);
});

it("comes back with the page only when the webapp may be asked again", async () => {
  await listen();
  answer = () => Promise.reject(refusal(503, "no-node-available", 60_000));
  opened[0]?.lost("gone", false);
  await vi.advanceTimersByTimeAsync(250);
  expect(asked).toBe(2);
  answer = () => Promise.resolve(sessionNamed("s.3"));
  listening.leave();
  await vi.advanceTimersByTimeAsync(10_000);
  // However the device's clock is set meanwhile.
  vi.setSystemTime(Date.now() + 3_600_000);
  listening.comeBack();
  expect(listening.state).toMatchObject({ name: "reconnecting", problem: { code: "no-node-available" } });
  await vi.advanceTimersByTimeAsync(49_999);
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toBe(3);
});

it("asks in time when it comes online too soon", async () => {
  await listen();
  answer = () => Promise.reject(refusal(503, "no-node-available", 60_000));
  opened[0]?.lost("gone", false);
  await vi.advanceTimersByTimeAsync(250);
  listening.leave();
  online = false;
  listening.comeBack();
  await vi.advanceTimersByTimeAsync(30_000);
  online = true;
  wake();
  wake();
  await vi.advanceTimersByTimeAsync(29_999);
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toBe(3);
});

it("falls back to server-sent events after two failed sockets, and says so", async () => {
  listening.start();
  await vi.advanceTimersByTimeAsync(0);
  opened[0]?.lost("blocked", true);
  await vi.advanceTimersByTimeAsync(15_000);
  opened[1]?.lost("blocked", true);
  await vi.advanceTimersByTimeAsync(15_000);
  opened[2]?.listening();
  expect(opened.map(({ by }) => by)).toEqual(["websocket", "websocket", "sse"]);
  expect(listening.state).toMatchObject({ name: "listening", by: "sse" });
  // Sessions that were never listened to don't end by themselves.
  expect(ended).toEqual(["s.1", "s.2"]);

  // A stream that ends, as when its webapp restarts, is followed by a stream.
  opened[2]?.lost("restarted", false);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(opened[3]?.by).toBe("sse");
  // What was blocked in one network may not be in another.
  opened[3]?.lost("gone", false);
  networkChange();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(opened[4]?.by).toBe("websocket");
});

it("takes no socket for blocked that the node has refused", async () => {
  listening.start();
  for (let attempt = 0; attempt < 4; attempt++) {
    await vi.advanceTimersByTimeAsync(15_000);
    opened.at(-1)?.lost("refused", false);
  }
  expect(new Set(opened.map(({ by }) => by))).toEqual(new Set(["websocket"]));
});

it("tries a socket again when server-sent events fail, too, and after ten minutes", async () => {
  listening.start();
  await vi.advanceTimersByTimeAsync(0);
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = opened.length;
    opened.at(-1)?.lost("blocked", true);
    while (opened.length === before) {
      await vi.advanceTimersByTimeAsync(10);
    }
  }
  expect(opened.slice(0, 5).map(({ by }) => by)).toEqual(["websocket", "websocket", "sse", "websocket", "sse"]);

  opened.at(-1)?.lost("blocked", true);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(opened.at(-1)?.by).toBe("sse");
  opened.at(-1)?.listening();
  await vi.advanceTimersByTimeAsync(600_000);
  opened.at(-1)?.lost("gone", false);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(opened.at(-1)?.by).toBe("websocket");
});

it.each(["websocket", "sse"] as const)("uses nothing but %s when told so", async (by) => {
  create(by);
  listening.start();
  for (let attempt = 0; attempt < 4; attempt++) {
    await vi.advanceTimersByTimeAsync(15_000);
    opened.at(-1)?.lost("blocked", true);
  }
  expect(new Set(opened.map((transport) => transport.by))).toEqual(new Set([by]));
});

async function listenAfter(failure: SignalBrokerError): Promise<void> {
  answer = () => Promise.reject(failure);
  listening.start();
  await vi.advanceTimersByTimeAsync(0);
  answer = () => Promise.resolve(sessionNamed("s.2"));
  await vi.advanceTimersByTimeAsync(1000);
  opened.at(-1)?.listening();
}

const replaced = (): unknown => expect.objectContaining({ name: "closed", problem: expect.objectContaining({ code: "session-replaced" }) });

it("comes back, once, from what a request of its own without an answer may have done", async () => {
  await listenAfter(new SignalBrokerError("unreachable", "no answer"));

  listening.replaced();
  expect(listening.state.name).toBe("reconnecting");
  await vi.advanceTimersByTimeAsync(1000);
  opened.at(-1)?.listening();
  expect(listening.state.name).toBe("listening");
  listening.replaced();
  expect(listening.state).toEqual(replaced());
});

it("comes back from what a request of its own may do that it no longer waits for", async () => {
  await listen();
  answer = () => new Promise(() => undefined);
  opened.at(-1)?.lost("gone", false);
  await vi.advanceTimersByTimeAsync(1000);
  listening.leave();
  answer = () => Promise.resolve(sessionNamed("s.3"));
  listening.comeBack();
  await vi.advanceTimersByTimeAsync(0);
  opened.at(-1)?.listening();

  listening.replaced();
  expect(listening.state.name).toBe("reconnecting");
});

it("ends when another client takes its place, although the webapp has refused it or its session was lost before", async () => {
  await listenAfter(refusal(429, "too-many-requests"));
  opened.at(-1)?.lost("gone", false);
  await vi.advanceTimersByTimeAsync(1000);
  opened.at(-1)?.listening();
  listening.replaced();
  expect(listening.state).toEqual(replaced());
});

it("ends when the webapp says after a late request of its own that another client has its place", async () => {
  await listenAfter(new SignalBrokerError("unreachable", "no answer"));
  answer = () => Promise.reject(refusal(409, "session-replaced"));
  listening.replaced();
  await vi.advanceTimersByTimeAsync(1000);
  expect(listening.state).toEqual(replaced());
});
