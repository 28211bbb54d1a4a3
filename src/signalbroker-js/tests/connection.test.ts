import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Answer, Api, Identity, Session } from "../demo/api";
import { createConnection, type Connection, type State } from "../demo/connection";
import type { ListenerEvents } from "../demo/listener";

const session: Session = {
  userId: "anonymous.x",
  device: undefined,
  listeningAddress: "ws://node/ws",
  listeningKey: "s.key",
  passcode: "secret",
};

let asked: Identity[];
let answer: () => Promise<Answer<Session>>;
let disconnected: Session[];
let sockets: ListenerEvents[];
let states: State["name"][];
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  asked = [];
  disconnected = [];
  sockets = [];
  states = [];
  answer = () => Promise.resolve({ ok: true, value: session });
  const api: Api = {
    connect: (identity) => {
      asked.push(identity);
      return answer();
    },
    exchange: () => Promise.reject(new Error("not used")),
    disconnect: (which) => {
      disconnected.push(which);
      return Promise.resolve({ ok: true, value: undefined });
    },
  };
  connection = createConnection({
    api,
    openListener: (_, events) => {
      sockets.push(events);
      return { close: () => undefined };
    },
    onState: (state) => states.push(state.name),
    onReceived: () => undefined,
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function listen(): Promise<void> {
  connection.connect({});
  await vi.advanceTimersByTimeAsync(0);
  sockets.at(-1)?.admitted();
  sockets.at(-1)?.listening();
}

it("It listens only after the broker confirmed", async () => {
  connection.connect({});
  await vi.advanceTimersByTimeAsync(0);
  sockets[0]?.admitted();
  expect(connection.state.name).toBe("connecting");
  sockets[0]?.listening();
  expect(connection.state.name).toBe("listening");
});

it("A lost socket is replaced by a new session of the same user", async () => {
  await listen();
  sockets[0]?.lost("gone");
  expect(connection.state.name).toBe("reconnecting");
  await vi.advanceTimersByTimeAsync(250);
  expect(asked).toEqual([{}, { userId: "anonymous.x" }]);
  expect(sockets).toHaveLength(2);
});

it("The waits grow while nothing stays, and begin anew after a stable while", async () => {
  await listen();
  sockets[0]?.lost("gone");
  await vi.advanceTimersByTimeAsync(250);
  sockets[1]?.lost("gone");
  await vi.advanceTimersByTimeAsync(499);
  expect(sockets).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(sockets).toHaveLength(3);

  sockets[2]?.listening();
  await vi.advanceTimersByTimeAsync(15_000);
  sockets[2]?.lost("gone");
  await vi.advanceTimersByTimeAsync(250);
  expect(sockets).toHaveLength(4);
});

it("Coming online ends the wait, but not the one that the webapp asked for", async () => {
  await listen();
  sockets[0]?.lost("gone");
  connection.hurry();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveLength(2);

  answer = () => Promise.resolve({ ok: false, problem: { status: 503, code: "no-node", retryAfterMs: 5000 } });
  sockets[1]?.lost("gone");
  connection.hurry();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveLength(3);
  connection.hurry();
  await vi.advanceTimersByTimeAsync(4999);
  expect(asked).toHaveLength(3);
});

it("A refusal that no waiting mends ends the attempts", async () => {
  answer = () => Promise.resolve({ ok: false, problem: { status: 409, code: "already-connected" } });
  await listen();
  expect(connection.state.name).toBe("disconnected");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
});

it("Disconnecting while the webapp still answers leaves no session behind", async () => {
  let arrive: (answer: Answer<Session>) => void = () => undefined;
  answer = () => new Promise((resolve) => (arrive = resolve));
  connection.connect({});
  connection.disconnect();
  arrive({ ok: true, value: session });
  await vi.advanceTimersByTimeAsync(0);
  expect(disconnected).toEqual([session]);
  expect(sockets).toHaveLength(0);
  expect(connection.state.name).toBe("disconnected");
});

it("Disconnecting ends the waiting", async () => {
  await listen();
  sockets[0]?.lost("gone");
  connection.disconnect();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
  expect(states.at(-1)).toBe("disconnected");
});
