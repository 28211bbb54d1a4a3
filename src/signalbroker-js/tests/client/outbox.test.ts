import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SignalBrokerError } from "../../src/base/errors";
import { createOutbox, type Outbox } from "../../src/sending/outbox";
import { writeSignal, type Destination, type OutgoingSignal } from "../../src/sending/signal";

interface Delivery {
  signal: OutgoingSignal;
  resolve(): void;
  reject(error: unknown): void;
}

let deliveries: Delivery[];
let outbox: Outbox;

const delivered = (): string[] => deliveries.map(({ signal }) => signal.id);
const signal = (id: string, to: Destination = "bob", timeToLive?: number): OutgoingSignal =>
  writeSignal(to, 1, timeToLive === undefined ? { id } : { id, timeToLive });
const codeOf = (sending: Promise<unknown>): Promise<string> =>
  sending.then(
    () => "sent",
    (error: SignalBrokerError) => error.code,
  );
const tick = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  deliveries = [];
  outbox = createOutbox(
    (sent) =>
      new Promise((resolve, reject) => {
        deliveries.push({ signal: sent, resolve: () => resolve({ id: sent.id }), reject });
      }),
  );
  outbox.resume();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("sends one signal at a time to each recipient, and to several recipients at once", async () => {
  const first = outbox.send(signal("1"));
  void outbox.send(signal("2"));
  void outbox.send(signal("3", "carol"));
  void outbox.send(signal("4", { session: "bob" }));
  expect(delivered()).toEqual(["1", "3", "4"]);
  deliveries[0]?.resolve();
  await first;
  await tick();
  expect(delivered()).toEqual(["1", "3", "4", "2"]);
});

it("goes on after a refused signal", async () => {
  const first = codeOf(outbox.send(signal("1")));
  void outbox.send(signal("2"));
  deliveries[0]?.reject(new SignalBrokerError("user-not-listening", "", { status: 404 }));
  expect(await first).toBe("user-not-listening");
  await tick();
  expect(delivered()).toEqual(["1", "2"]);
});

it("keeps up to 100 signals while nothing listens, and sends them in their order", async () => {
  outbox.pause();
  const sent = Array.from({ length: 100 }, (_, number) => outbox.send(signal(String(number))));
  expect(await codeOf(outbox.send(signal("one too many")))).toBe("queue-full");
  expect(deliveries).toEqual([]);
  outbox.resume();
  for (let number = 0; number < 100; number++) {
    await tick();
    deliveries[number]?.resolve();
  }
  await Promise.all(sent);
  expect(delivered()).toEqual(Array.from({ length: 100 }, (_, number) => String(number)));
});

it("rejects a signal that has expired while it waited", async () => {
  outbox.pause();
  const short = codeOf(outbox.send(signal("short", "bob", 1000)));
  const usual = codeOf(outbox.send(signal("usual")));
  await vi.advanceTimersByTimeAsync(1000);
  expect(await short).toBe("expired");
  await vi.advanceTimersByTimeAsync(28_999);
  outbox.resume();
  expect(delivered()).toEqual(["usual"]);
  // Its time ends while it is under way: the answer counts.
  await vi.advanceTimersByTimeAsync(60_000);
  deliveries[0]?.resolve();
  expect(await usual).toBe("sent");
});

it("sends with the next session what an ended one could not", async () => {
  const sent = outbox.send(signal("1"));
  outbox.pause();
  deliveries[0]?.reject(new SignalBrokerError("unauthorized", "", { status: 401 }));
  await tick();
  expect(deliveries).toHaveLength(1);
  outbox.resume();
  deliveries[1]?.resolve();
  expect(await sent).toEqual({ id: "1" });
});

it("rejects a signal that has expired when its session turns out to have ended", async () => {
  const late = codeOf(outbox.send(signal("late", "bob", 1000)));
  const next = codeOf(outbox.send(signal("next")));
  await vi.advanceTimersByTimeAsync(5000);
  outbox.pause();
  deliveries[0]?.reject(new SignalBrokerError("unauthorized", "", { status: 401 }));
  expect(await late).toBe("expired");
  outbox.resume();
  deliveries[1]?.resolve();
  expect(await next).toBe("sent");
  expect(delivered()).toEqual(["late", "next"]);
});

it("tries again, with the same id, if no answer comes or the webapp asks it to wait", async () => {
  const sent = codeOf(outbox.send(signal("1")));
  deliveries[0]?.reject(new SignalBrokerError("unreachable", ""));
  await vi.advanceTimersByTimeAsync(250);
  deliveries[1]?.reject(new SignalBrokerError("too-many-requests", "", { status: 429, retryAfterMs: 3000 }));
  await vi.advanceTimersByTimeAsync(3000);
  expect(deliveries).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(500);
  deliveries[2]?.resolve();
  expect(await sent).toBe("sent");
  expect(delivered()).toEqual(["1", "1", "1"]);
});

it("fails at once if the sender's storage budget is used up, and goes on with the next signal", async () => {
  const sent = codeOf(outbox.send(signal("1")));
  const next = codeOf(outbox.send(signal("2")));
  deliveries[0]?.reject(new SignalBrokerError("storage-budget-used", "", { status: 429, retryAfterMs: 1 }));
  expect(await sent).toBe("storage-budget-used");
  deliveries[1]?.resolve();
  expect(await next).toBe("sent");
});

it("gives up with the last reason if the next attempt would come too late", async () => {
  const sent = codeOf(outbox.send(signal("1", "bob", 200)));
  deliveries[0]?.reject(new SignalBrokerError("unreachable", ""));
  expect(await sent).toBe("unreachable");
});

it("rejects everything once it is closed", async () => {
  outbox.pause();
  const waiting = codeOf(outbox.send(signal("1")));
  outbox.close(new SignalBrokerError("closed", ""));
  expect(await waiting).toBe("closed");
  expect(await codeOf(outbox.send(signal("2")))).toBe("closed");
});

const lost = (): SignalBrokerError => new SignalBrokerError("unreachable", "");
const busy = (): SignalBrokerError => new SignalBrokerError("too-many-requests", "", { status: 429, retryAfterMs: 1000 });

it("does not report a signal as expired that may have arrived", async () => {
  const sent = codeOf(outbox.send(signal("1", "bob", 5000)));
  outbox.pause();
  deliveries[0]?.reject(lost());
  await vi.advanceTimersByTimeAsync(5000);
  expect(await sent).toBe("unreachable");
});

it("remembers over a later refusal that a signal may have arrived", async () => {
  const refusals = [busy(), new SignalBrokerError("unauthorized", "", { status: 401 })];
  for (const refusal of refusals) {
    const sent = codeOf(outbox.send(signal("1")));
    deliveries.at(-1)?.reject(lost());
    await vi.advanceTimersByTimeAsync(1000);
    outbox.pause();
    deliveries.at(-1)?.reject(refusal);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await sent).toBe("unreachable");
    outbox.resume();
  }
  const late = codeOf(outbox.send(signal("2", "bob", 2000)));
  deliveries.at(-1)?.reject(lost());
  await vi.advanceTimersByTimeAsync(1000);
  deliveries.at(-1)?.reject(busy());
  expect(await late).toBe("unreachable");
});

it("says why a signal is refused for good, even if an earlier attempt may have arrived", async () => {
  const sent = codeOf(outbox.send(signal("1")));
  deliveries[0]?.reject(lost());
  await vi.advanceTimersByTimeAsync(1000);
  deliveries[1]?.reject(new SignalBrokerError("not-allowed", "", { status: 403 }));
  expect(await sent).toBe("not-allowed");
});
