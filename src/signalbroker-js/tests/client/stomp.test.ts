import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Session } from "../../src/listening/session";
import type { StartHeartbeat } from "../../src/transports/heartbeat";
import { createStompTransport, type OpenSocket } from "../../src/transports/stomp";
import type { Transport } from "../../src/listening/transport";

const session = { listeningAddress: "ws://node/ws", listeningKey: "s.a", passcode: "p" } as Session;

let told: unknown[][];
let written: string[];

/** A socket to a node that confirms everything, and that it listens only later. */
function createNode(receiptMs = 0): OpenSocket {
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
          const say = (): void => socket.onmessage({ data: `${answer}\n\n\0` });
          if (receipt && receiptMs > 0) {
            setTimeout(say, receiptMs);
          } else {
            queueMicrotask(say);
          }
        }
      },
      close: () => undefined,
      terminate: () => written.push("(terminated)"),
    };
    return socket;
  };
}

function open(openSocket: OpenSocket, startHeartbeat: StartHeartbeat = () => () => undefined, withinMs = 12_000): Transport {
  return createStompTransport(
    openSocket,
    startHeartbeat,
  )(session, {
    listening: () => told.push(["listening"]),
    received: () => undefined,
    lost: (...lost) => told.push(["lost", ...lost]),
  }, withinMs);
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

it("counts a socket that can't be opened as blocked, soon but not at once", async () => {
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

it("keeps a hidden page's socket alive with a worker's heart-beats while it listens", async () => {
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

it("is patient with a node that has answered anything", async () => {
  open(createNode(11_000), undefined, 2500);
  await tick();
  expect(told).toEqual([]);
  await tick(11_000);
  expect(told).toEqual([["listening"]]);
});

it("gives up on a node that never confirms, without counting it as blocked", async () => {
  open(createNode(60_000), undefined, 2500);
  await tick(12_000);
  expect(told).toEqual([["lost", "The node did not confirm in time.", false]]);
});

it("gives up the socket of a node that never confirms the end", async () => {
  const transport = open(createNode(6000));
  await tick(6000);
  transport.close();
  await tick(4999);
  expect(written.at(-1)).toMatch(/^DISCONNECT/);
  await tick(1);
  expect(written.at(-1)).toBe("(terminated)");
});
