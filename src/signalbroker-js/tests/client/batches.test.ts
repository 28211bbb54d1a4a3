import { beforeEach, expect, it } from "vitest";
import { SignalBrokerError } from "../../src/base/errors";
import { createBatches, type Batches } from "../../src/sending/batches";
import { createOutbox, type Outbox } from "../../src/sending/outbox";
import { writeSignal } from "../../src/sending/signal";

interface Post {
  /** The ids of its signals; undefined if it is no array. */
  ids: string[] | undefined;
  bytes: number;
  answer(...answers: unknown[]): void;
  refuse(status: number, code: string): void;
}

let posts: Post[];
let batches: Batches;
let outbox: Outbox;

const turn = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve));
const fine = (id: string): object => ({ id, sessions: [{ listeningKey: "s.b", outcome: "queued" }] });
const codeOf = (sending: Promise<unknown>): Promise<string> =>
  sending.then(
    () => "sent",
    (error: SignalBrokerError) => error.code,
  );
const send = (id: string, to = "bob", content: unknown = 1): Promise<string> =>
  codeOf(outbox.send(writeSignal(to, content, { id })));

/** Sends one, which is under way, and so many that wait behind it. */
async function sendBehindFirst(count: number, to = "bob", content: unknown = 1): Promise<Promise<string>[]> {
  const sent = Array.from({ length: count + 1 }, (_, number) => send(String(number), to, content));
  await turn();
  return sent;
}

beforeEach(() => {
  posts = [];
  batches = createBatches(
    (body) =>
      new Promise((resolve, reject) => {
        const parsed = JSON.parse(body) as { id: string } | { id: string }[];
        posts.push({
          ids: Array.isArray(parsed) ? parsed.map(({ id }) => id) : undefined,
          bytes: new TextEncoder().encode(body).length,
          answer: (...answers) => resolve(Array.isArray(parsed) ? answers : answers[0]),
          refuse: (status, code) => reject(new SignalBrokerError(code, code, { status })),
        });
      }),
  );
  outbox = createOutbox(batches.send, () => batches.mostAtOnce);
  outbox.resume();
});

it("posts what waits for a recipient at once, and settles each by its own answer", async () => {
  const sent = await sendBehindFirst(3);
  expect(posts.map(({ ids }) => ids)).toEqual([undefined]);
  posts[0]?.answer(fine("0"));
  await turn();
  expect(posts[1]?.ids).toEqual(["1", "2", "3"]);
  posts[1]?.answer(fine("1"), { id: "2", status: 404, code: "user-not-listening", detail: "Nobody." }, fine("3"));
  expect(await Promise.all(sent)).toEqual(["sent", "sent", "user-not-listening", "sent"]);
});

it("posts what is sent to several recipients at the same moment at once", async () => {
  const sent = [send("1"), send("2", "carol"), send("3", "dave")];
  await turn();
  expect(posts.map(({ ids }) => ids)).toEqual([["1", "2", "3"]]);
  posts[0]?.answer(fine("1"), fine("2"), fine("3"));
  expect(await Promise.all(sent)).toEqual(["sent", "sent", "sent"]);
});

it("sends at most 64 in one request", async () => {
  await sendBehindFirst(100);
  posts[0]?.answer(fine("0"));
  await turn();
  posts[1]?.answer(...(posts[1].ids ?? []).map(fine));
  await turn();
  expect(posts.map(({ ids }) => ids?.length)).toEqual([undefined, 64, 36]);
});

it.each([["a".repeat(10_000)], ["é".repeat(10_000)]])("sends at most 65,536 bytes in one request", async (content) => {
  await sendBehindFirst(20, "bob", content);
  for (let at = 0; at < posts.length; at++) {
    posts[at]?.answer(...(posts[at]?.ids ?? ["0"]).map(fine));
    await turn();
  }
  const counts = posts.map(({ ids }) => ids?.length ?? 1);
  expect(counts.reduce((sum, count) => sum + count)).toBe(21);
  expect(posts.every(({ bytes }) => bytes <= 65_536)).toBe(true);
  expect(Math.max(...counts)).toBe(content.startsWith("a") ? 6 : 3);
});

it("keeps the signals of a recipient together where those of several recipients don't fit", async () => {
  const large = "a".repeat(40_000);
  const sent = [send("1", "bob", large), send("2", "carol", large)];
  await turn();
  expect(posts.map(({ ids }) => ids)).toEqual([undefined, undefined]);
  posts.forEach((post, at) => post.answer(fine(String(at + 1))));
  expect(await Promise.all(sent)).toEqual(["sent", "sent"]);
});

it.each([400, 413])("sends one at a time, in order, after a server has answered an array with %i", async (status) => {
  const sent = await sendBehindFirst(2);
  posts[0]?.answer(fine("0"));
  await turn();
  posts[1]?.refuse(status, "malformed-body");
  await turn();
  expect(posts[2]?.ids).toBeUndefined();
  posts[2]?.answer(fine("1"));
  await turn();
  posts[3]?.answer(fine("2"));
  expect(await Promise.all(sent)).toEqual(["sent", "sent", "sent"]);

  void sendBehindFirst(2);
  await turn();
  posts[4]?.answer(fine("0"));
  await turn();
  expect(posts.slice(4).map(({ ids }) => ids)).toEqual([undefined, undefined]);
});

it("tells every signal of a request why it was refused, and goes on", async () => {
  const sent = await sendBehindFirst(2);
  posts[0]?.answer(fine("0"));
  await turn();
  posts[1]?.refuse(403, "origin-not-allowed");
  expect(await Promise.all(sent)).toEqual(["sent", "origin-not-allowed", "origin-not-allowed"]);
  const next = send("next");
  await turn();
  posts[2]?.answer(fine("next"));
  expect(await next).toBe("sent");
});

it("sends again only what has to be, in order", async () => {
  const sent = await sendBehindFirst(3);
  posts[0]?.answer(fine("0"));
  await turn();
  const busy = { status: 429, code: "too-many-requests" };
  posts[1]?.answer(fine("1"), { id: "2", ...busy }, { id: "3", ...busy });
  await expect.poll(() => posts.length, { timeout: 5000 }).toBe(3);
  expect(posts[2]?.ids).toEqual(["2", "3"]);
  posts[2]?.answer(fine("2"), fine("3"));
  expect(await Promise.all(sent)).toEqual(["sent", "sent", "sent", "sent"]);
});
