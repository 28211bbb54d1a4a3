import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Session } from "../../src/listening/session";
import type { StartHeartbeat } from "../../src/transports/heartbeat";
import { createStompTransport, type OpenSocket } from "../../src/transports/stomp";
import type { Transport } from "../../src/transports/transport";

const session = { listeningAddress: "ws://node/ws", listeningKey: "s.a", passcode: "p" } as Session;

let told: unknown[][];
let written: string[];

/** A socket to a node that confirms everything. */
function createNode(): OpenSocket {
  return () => {
    const socket = {
      readyState: 1,
      onmessage: (_: { data: string }): void => undefined,
      onclose: (): void => undefined,
      send(frame: string) {
        written.push(frame);
        const receipt = /\nreceipt:(.+)\n/.exec(frame)?.[1];
        const confirmed = receipt && `RECEIPT\nreceipt-id:${receipt}`;
        const answer = frame.startsWith("CONNECT\n") ? "CONNECTED\nversion:1.2" : confirmed;
        if (answer) {
          queueMicrotask(() => socket.onmessage({ data: `${answer}\n\n\0` }));
        }
      },
      close: () => undefined,
    };
    return socket;
  };
}

function open(openSocket: OpenSocket, startHeartbeat: StartHeartbeat = () => () => undefined): Transport {
  return createStompTransport(
    openSocket,
    startHeartbeat,
  )(session, {
    listening: () => told.push(["listening"]),
    received: () => undefined,
    lost: (...lost) => told.push(["lost", ...lost]),
  });
}

const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  written = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("takes a socket that can't be opened for blocked, soon but not at once", async () => {
  open(() => {
    throw new ReferenceError("WebSocket is not defined");
  });
  expect(told).toEqual([]);
  await tick();
  expect(told).toEqual([
    ["lost", "The socket to the node can't be opened (ReferenceError: WebSocket is not defined).", true],
  ]);
  await tick(60_000);
  expect(told).toHaveLength(1);
});

it("listens once the node has confirmed it", async () => {
  open(createNode());
  await tick();
  expect(told).toEqual([["listening"]]);
  expect(written.map((frame) => frame.split("\n", 1)[0])).toEqual(["CONNECT", "SUBSCRIBE"]);
});

it("keeps the socket of a hidden page with the beats of a worker, as long as it listens", async () => {
  const page = { hidden: true };
  let beat = (): void => undefined;
  let stopped = 0;
  vi.stubGlobal("document", page);
  const transport = open(createNode(), (beats) => {
    beat = beats;
    return () => stopped++;
  });
  await tick();
  written = [];
  beat();
  expect(written).toEqual(["\n"]);
  page.hidden = false;
  beat();
  // The library's own timers keep their pace in a page that is shown.
  expect(written).toEqual(["\n"]);
  transport.close();
  expect(stopped).toBe(1);
});
