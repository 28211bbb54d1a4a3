import { beforeEach, expect, it } from "vitest";
import { createLanes } from "../../demo/sequence/lanes";
import { createSequence, type Sequence, type Step } from "../../demo/sequence/sequence";
import { stepWords, timeWords } from "../../demo/sequence/words";
import type { Channel, Way } from "../../demo/wire/wire";

let now: number;
let chapters: string[];
let steps: Map<number, Step>;
let sequence: Sequence;

beforeEach(() => {
  now = 1000;
  chapters = [];
  steps = new Map();
  sequence = createSequence(
    {
      begin: (title) => chapters.push(title),
      show: (step) => steps.set(step.id, step),
    },
    () => now,
  );
});

function hear(channel: Channel, way: Way, text: string, request = 1): void {
  sequence.hear({ channel, way, text, request });
}

function told(): string[] {
  return [...steps.values()].map(({ from, to, label, tone }) => `${from} → ${to}: ${label} (${tone})`);
}

const ring = '{"to":"bob","id":"1","type":"signalbroker.call","content":{"call":"c","kind":"ring"}}';
const rung = '{"from":"bob","to":"alice","id":"1","type":"signalbroker.call","content":{"call":"c","kind":"ring"}}';

it("Signing in is told from the first request to the broker's receipt", () => {
  sequence.signIn();
  hear("HTTP", "out", "POST /connect\nContent-Type: application/json\n\n{}");
  hear("HTTP", "in", '200 OK\n\n{"listeningKey":"s.k","passcode":"x","iceServers":[]}');
  hear("STOMP", "out", "CONNECT\nlogin:s.k\n\n");
  hear("STOMP", "in", "CONNECTED\nversion:1.2\n\n");
  hear("STOMP", "out", "SUBSCRIBE\nid:0\n\n");
  hear("STOMP", "in", "RECEIPT\nreceipt-id:1\n\n");

  expect(chapters).toEqual(["You sign in"]);
  expect(told()).toEqual([
    "me → broker: connect (asked)",
    "broker → me: session, ICE servers (answer)",
    "me → broker: log in (STOMP) (asked)",
    "broker → me: logged in (answer)",
    "me → broker: subscribe (asked)",
    "broker → me: listening (answer)",
  ]);
});

it("Signing in by MQTT looks the same, and names it", () => {
  hear("MQTT", "out", "CONNECT\nclient:s.k\nuser:s.k\npasscode:x");
  hear("MQTT", "out", "SUBSCRIBE\ntopic:s.k");
  hear("MQTT", "in", "CONNACK\ncode:0");
  hear("MQTT", "in", "SUBACK\ncode:0");
  hear("MQTT", "out", 'PUBLISH\ntopic:signals\n\n{"to":"bob","id":"1","type":"chat","content":1}');
  hear("MQTT", "in", "PUBACK\nid:2");
  hear("MQTT", "in", 'PUBLISH\ntopic:s.k\n\n{"type":"outcome","content":{"id":"1","sessions":[{"outcome":"queued"}]}}');
  hear("MQTT", "in", "CONNACK\ncode:5");
  hear("MQTT", "in", "The socket closed (1006)");

  expect(told()).toEqual([
    "me → broker: log in (MQTT) (asked)",
    "me → broker: subscribe (asked)",
    "broker → me: logged in (answer)",
    "broker → me: listening (answer)",
    "me → peer: signal “chat” (queued)",
    "broker → me: refused (fault)",
    "broker → me: socket closed (fault)",
  ]);
});

it("Signals that share a request are told one by one, and so are their answers", () => {
  hear("HTTP", "out", 'POST /exchange\nA: b\n\n[{"to":"bob","id":"1","content":1},{"to":"carol","id":"2","content":1}]');
  const gone = '{"id":"2","status":404,"code":"user-not-listening"}';
  hear("HTTP", "in", `200 OK\n\n[{"id":"1","sessions":[{"outcome":"queued"}]},${gone}]`);

  expect([...steps.values()].map(({ peer, tone, outcome }) => `${peer} ${tone} ${outcome?.words}`)).toEqual([
    "bob queued queued",
    "carol fault 404 user-not-listening",
  ]);
});

it("A signal reaches the other only when the broker has it", () => {
  sequence.call("bob", 900);
  hear("HTTP", "out", `POST /exchange\n\n${ring}`);
  expect(told()).toEqual(["me → peer: ring (pending)"]);

  now += 8;
  hear("HTTP", "in", '200 OK\n\n{"id":"1","sessions":[{"listeningKey":"s.b","outcome":"queued"}]}');

  expect(told()).toEqual(["me → peer: ring (queued)"]);
  expect([...steps.values()].map(stepWords)).toEqual([
    "100 ms: you to bob, through SignalBroker: ring (queued after 8 ms)",
  ]);
});

it("A signal that nobody gets stops at the broker", () => {
  hear("HTTP", "out", `POST /exchange\n\n${ring}`, 7);
  hear("HTTP", "in", '404 Not Found\n\n{"code":"user-not-listening"}', 7);

  expect(told()).toEqual(["me → peer: ring (fault)"]);
  expect([...steps.values()][0]?.outcome?.words).toBe("404 user-not-listening");
});

it("Through the socket, the answer is found by the signal's id", () => {
  hear("STOMP", "out", `SEND\ndestination:/exchange/signals/s.k\n\n${ring}`);
  hear("STOMP", "in", 'MESSAGE\n\n{"type":"outcome","content":{"id":"1","sessions":[{"outcome":"queued"}]}}');

  expect(told()).toEqual(["me → peer: ring (queued)"]);
});

it("A ring begins a chapter once, and none while one is calling oneself", () => {
  hear("STOMP", "in", `MESSAGE\n\n${rung}`);
  hear("STOMP", "in", `MESSAGE\n\n${rung}`);
  expect(chapters).toEqual(["bob calls you"]);

  sequence.callEnded();
  sequence.call("bob", now);
  hear("SSE", "in", rung);

  expect(chapters).toEqual(["bob calls you", "You call bob"]);
  expect(told()).toEqual(Array(3).fill("peer → me: ring (queued)"));
});

it("Descriptions and candidates have their names", () => {
  const negotiate = (content: object): void =>
    hear("STOMP", "in", `MESSAGE\n\n${JSON.stringify({ from: "bob", type: "signalbroker.call", content: { kind: "negotiate", ...content } })}`);
  negotiate({ description: { type: "offer" }, candidates: [{}, {}] });
  negotiate({ candidates: [{}] });
  hear("STOMP", "in", 'MESSAGE\n\n{"from":"bob","type":"chat","content":{"kind":"ring"}}');

  expect([...steps.values()].map(({ label }) => label)).toEqual(["offer + 2 candidates", "1 candidate", "signal “chat”"]);
});

it("A lost socket and a webapp that does not answer are faults", () => {
  hear("STOMP", "in", "The socket closed (1006)");
  hear("HTTP", "out", "POST /connect\n\n{}", 2);
  hear("HTTP", "in", "no answer to POST /connect (TypeError)", 2);

  expect(told()).toEqual([
    "broker → me: socket closed (fault)",
    "me → broker: connect (asked)",
    "broker → me: no answer (fault)",
  ]);
});

it("What goes past the broker can be said better later", () => {
  const better = sequence.direct("connected");
  better("connected: direct");
  sequence.direct("first picture", "peer");

  expect(told()).toEqual(["me → peer: connected: direct (direct)", "peer → me: first picture (direct)"]);
});

it("Times are short", () => {
  expect([12.4, 999, 1490, 61_000, 754_000].map(timeWords)).toEqual(["12 ms", "999 ms", "1.5 s", "1:01", "12:34"]);
});

it("A kept signal has a receipt in the end, and who gets it says that it is done with", () => {
  const answer = '{"id":"1","outcome":"stored","sequence":7,"sessions":[]}';
  hear("HTTP", "out", 'POST /exchange\n\n{"to":"bob","id":"1","store":"always","content":1}');
  hear("HTTP", "in", `200 OK\n\n${answer}`);
  expect([...steps.values()].map(({ tone, outcome }) => `${tone} ${outcome?.words}`)).toEqual(["queued kept"]);
  hear("STOMP", "in", 'MESSAGE\n\n{"type":"receipt","content":{"id":"1","outcome":"delivered"}}');
  hear("HTTP", "out", 'POST /inbox/settle\n\n{"sequences":[1]}');
  hear("HTTP", "in", '200 OK\n\n{"settled":1,"settledThrough":1}');
  hear("STOMP", "out", 'SEND\n\n{"id":"x","settle":{"sequences":[2]}}');
  hear("STOMP", "in", 'MESSAGE\n\n{"type":"outcome","content":{"id":"x","settled":1,"settledThrough":2}}');
  expect(told().slice(1)).toEqual([
    "broker → me: receipt: delivered (answer)",
    "me → broker: done with it (asked)",
    "me → broker: done with it (asked)",
  ]);
});

it("Who comes and goes is no part of the story", () => {
  hear("HTTP", "out", 'PUT /presence/subscriptions\n\n{"users":["bob"]}');
  hear("HTTP", "in", '200 OK\n\n{"presence":[]}');
  hear("STOMP", "in", 'MESSAGE\n\n{"id":"1","type":"presence","content":{"userId":"bob","state":"away"}}');
  expect(told()).toEqual([]);
});

it("Whoever disturbs a call is drawn as who they are, in a lane beside it", () => {
  const lanes = createLanes();
  const from = (user: string, content: object): string =>
    `MESSAGE\n\n${JSON.stringify({ from: user, fromSession: `s.${user}`, type: "signalbroker.call", content })}`;
  const busy = (session: string): string =>
    `POST /exchange\n\n${JSON.stringify({ toSession: session, type: "signalbroker.call", content: { call: "c", kind: "busy" } })}`;
  const drawn = (): string[] => {
    lanes.use(steps.values());
    return [...steps.values()].map((step) => `${Object.values(lanes.endsOf(step)).join(" → ")}: ${lanes.labelOf(step)}`);
  };
  sequence.call("bob", now);
  lanes.peer = "bob";
  hear("STOMP", "in", from("bob", { call: "b", kind: "accept" }));
  hear("STOMP", "in", from("carol", { call: "c", kind: "ring" }));
  hear("HTTP", "out", busy("s.carol"), 7);
  hear("HTTP", "in", '200 OK\n\n{"sessions":[{"listeningKey":"s.carol","outcome":"queued"}]}', 7);

  expect(chapters).toEqual(["You call bob"]);
  expect([...steps.values()].map(stepWords)).toEqual([
    "0 ms: bob to you, through SignalBroker: accept",
    "0 ms: carol to you, through SignalBroker: ring",
    "0 ms: you to carol, through SignalBroker: busy (queued after 0 ms)",
  ]);
  expect(drawn()).toEqual(["peer → me: accept", "third → me: ring", "me → third: busy"]);
  expect([lanes.peer, lanes.third]).toEqual(["bob", "carol"]);

  hear("STOMP", "in", from("dave", { call: "d", kind: "ring" }));
  hear("HTTP", "out", busy("s.bob"), 8);
  expect(drawn().slice(1)).toEqual([
    "third → me: carol: ring",
    "me → third: carol: busy",
    "third → me: dave: ring",
    "me → peer: busy",
  ]);
  expect(lanes.third).toBe("others");
});

it("Whoever comes first has the lane of the other, as long as nobody calls", () => {
  const lanes = createLanes();
  hear("STOMP", "in", 'MESSAGE\n\n{"from":"bob","to":"alice","content":1}');
  hear("HTTP", "out", 'POST /exchange\n\n{"to":"carol","content":1}');
  lanes.use(steps.values());
  expect([lanes.peer, lanes.third]).toEqual(["bob", "carol"]);
});

it("A compressed description is called so", () => {
  hear("HTTP", "out", 'POST /exchange\n\n{"to":"bob","type":"signalbroker.call","content":{"kind":"negotiate","packed":"x"}}');
  expect(told()).toEqual(["me → peer: description, compressed (pending)"]);
});
