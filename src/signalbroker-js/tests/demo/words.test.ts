import { describe, expect, it } from "vitest";
import { pathWords, readPath } from "../../demo/calls/path";
import { callProblemSentence, problemSentence, sendProblemSentence } from "../../demo/page/problems";
import { again, readQuery, type SignInRequest } from "../../demo/signIn/options";
import { deviceMistake, userIdMistake } from "../../demo/signIn/userId";
import { contentOf, isBrokenJson, showContent } from "../../demo/signals/content";
import { inOrder, whereabouts, type Person } from "../../demo/people/words";
import { deliverySummary, outcomeWords, receiptWords } from "../../demo/signals/outcome";
import { readAbout } from "../../demo/talk/files";
import { sizeWords } from "../../demo/talk/transcript";
import { SignalBrokerError } from "../../src/index";

describe("What the page says", () => {
  it("tells a sender what became of a signal", () => {
    expect(outcomeWords("queued").tone).toBe("good");
    expect(outcomeWords("notListening").tone).toBe("bad");
    expect(outcomeWords("overloaded").tone).toBe("bad");
    expect(outcomeWords("unknown").tone).toBe("unsure");
    expect(outcomeWords("something newer").tone).toBe("unsure");
  });

  it("sums several devices up", () => {
    expect(deliverySummary("bob", ["queued"]).words).toBe("To bob: on its way, the broker has it.");
    expect(deliverySummary("bob", ["queued", "overloaded"])).toEqual({
      tone: "unsure",
      words: "To bob: on its way to 1 of 2 devices.",
    });
    expect(deliverySummary("bob", ["notListening", "notListening"]).tone).toBe("bad");
  });

  it("tells what became of what was kept", () => {
    const receipt = {
      ...{ id: "1", to: "bob", room: undefined, member: undefined },
      ...{ device: undefined, session: undefined, at: new Date() },
    };
    expect(receiptWords({ ...receipt, outcome: "delivered" })).toEqual({ tone: "good", words: "bob has it." });
    expect(receiptWords({ ...receipt, outcome: "delivered", device: "phone" }).words).toBe("bob has it, on “phone”.");
    expect(receiptWords({ ...receipt, outcome: "expired" }).tone).toBe("bad");
  });

  it("says where people are, those first who can be reached", () => {
    const person = (userId: string, state: string, lastSeen?: Date, device?: string): Person => ({
      userId,
      presence: {
        userId,
        state,
        lastSeen,
        devices: state === "listening" ? [{ device, state, since: undefined }] : [],
        asOf: new Date(),
      },
    });
    const now = new Date(2026, 0, 2, 15, 4);
    const people = [
      person("never", "away"),
      person("early", "away", new Date(2026, 0, 1)),
      person("late", "away", new Date(2026, 0, 2, 9, 30)),
      person("hidden", "hidden"),
      person("broken", "unknown"),
      person("phoning", "listening", undefined, "phone"),
      person("here", "listening"),
      { userId: "new", presence: undefined },
    ];
    const words = inOrder(people).map((one) => `${one.userId}: ${whereabouts(one, now)}`);
    expect(words.slice(0, 4)).toEqual(["here: here", "phoning: phone", "broken: not certain", "late: seen 09:30"]);
    expect(words[4]).toMatch(/^early: seen .*1/);
    expect(words.slice(5)).toEqual(["hidden: not shown", "never: never seen", "new: "]);
  });

  it("turns problems into sentences", () => {
    const error = (code: string, status?: number): Error => new SignalBrokerError(code, "Its own words.", { status });
    expect(sendProblemSentence(error("user-not-listening", 404), "bob")).toContain("bob isn't listening");
    expect(sendProblemSentence(error("unreachable"), "bob")).toContain("not certain");
    expect(sendProblemSentence(error("no-node-available", 503), "bob")).toBe(
      "No node has room right now. It is not certain whether bob got the message.",
    );
    expect(sendProblemSentence(error("something-new", 400), "bob")).toBe("Its own words.");
    expect(sendProblemSentence(new Error("You are not signed in."), "bob")).toBe("You are not signed in.");
    expect(problemSentence({ code: "something-new", reason: "Its own words." })).toBe("Its own words.");
    expect(problemSentence({ code: "x", reason: "The stream broke (TypeError: network error)." })).toBe("The stream broke.");
    expect(callProblemSentence(error("declined"), "bob")).toBe("bob declined.");
    expect(callProblemSentence(error("user-not-listening", 404), "bob")).toBe("bob isn't signed in right now.");
    expect(callProblemSentence(new Error("There is no camera."), "bob")).toBe("There is no camera.");
  });

  it("knows which names are allowed", () => {
    expect(userIdMistake("")).toBeUndefined();
    expect(userIdMistake("Az09._~@+:-")).toBeUndefined();
    expect(userIdMistake("auth0|Jürgen")).toBeUndefined();
    expect(userIdMistake("𝒶".repeat(255))).toBeUndefined();
    expect(userIdMistake("𝒶".repeat(256))).toContain("255");
    expect(userIdMistake("two words")).toContain("no spaces");
    expect(deviceMistake("a".repeat(64))).toBeUndefined();
    expect(deviceMistake("a".repeat(65))).toContain("64");
  });

  it("says sizes as people do", () => {
    expect([0, 1023, 1024, 3_000_000].map(sizeWords)).toEqual(["0 B", "1023 B", "1 KiB", "2.9 MiB"]);
  });
});

describe("A signal's content", () => {
  it("is JSON when it parses, else text", () => {
    expect(contentOf('{"a":1}')).toEqual({ a: 1 });
    expect(['{broken', ' [1,', '{"a":1', "[hi]"].map(isBrokenJson)).toEqual(Array(4).fill(true));
    expect(['{"a":1}', "[1]", "hello", "a {b}", ""].map(isBrokenJson)).toEqual(Array(5).fill(false));
    expect(contentOf("null")).toBeNull();
    expect(contentOf("7")).toBe(7);
    expect(contentOf("hello")).toBe("hello");
    expect(contentOf("{broken")).toBe("{broken");
  });

  it("is shown as text or as indented JSON", () => {
    expect(showContent("hello")).toBe("hello");
    expect(showContent({ a: 1 })).toBe('{\n  "a": 1\n}');
  });
});

describe("The page's address", () => {
  it("says who signs in, and how", () => {
    expect(readQuery("?user=alice&autoconnect=1&to=bob&relay=1&listen=sse&send=socket&device=phone")).toEqual({
      userId: "alice",
      isGiven: false,
      device: "phone",
      token: undefined,
      to: "bob",
      autoconnect: true,
      relayOnly: true,
      listen: "sse",
      send: "socket",
    });
    expect(readQuery("?listen=carrier-pigeon")).toMatchObject({
      userId: undefined,
      autoconnect: false,
      listen: "auto",
      send: "http",
    });
  });
});

describe("The path that a call takes", () => {
  const statistics = (local: string, remote: string, transport = true): Map<string, unknown> =>
    new Map<string, unknown>([
      ["T", transport ? { type: "transport", selectedCandidatePairId: "P" } : { type: "other" }],
      ["Q", { type: "candidate-pair", state: "failed", localCandidateId: "R", remoteCandidateId: "R" }],
      ["P", { type: "candidate-pair", state: "succeeded", nominated: true, localCandidateId: "L", remoteCandidateId: "R", currentRoundTripTime: 0.012 }],
      ["L", { type: "local-candidate", candidateType: local, protocol: "udp" }],
      ["R", { type: "remote-candidate", candidateType: remote, protocol: "udp" }],
      ["V", { type: "inbound-rtp", kind: "video", frameWidth: 640, frameHeight: 360, framesPerSecond: 20 }],
    ]);

  it("is the selected pair's, and a relay at either end makes it one", () => {
    expect(readPath(statistics("host", "host"))).toMatchObject({ kind: "host", roundTripMs: 12, video: { width: 640 } });
    expect(readPath(statistics("host", "srflx"))?.kind).toBe("srflx");
    expect(readPath(statistics("prflx", "relay"))?.kind).toBe("relay");
    expect(readPath(statistics("host", "prflx", false))?.kind).toBe("prflx");
    expect(pathWords(readPath(statistics("relay", "host"))!)).toBe("relayed by a TURN server, UDP");
  });

  it("is unknown before there is a pair", () => {
    expect(readPath(new Map())).toBeUndefined();
  });
});

describe("A file that is announced", () => {
  const about = (protocol: string): unknown => readAbout({ protocol } as RTCDataChannel);

  it("has a name and a size that fits into memory", () => {
    expect(about('{"name":"plan.pdf","size":3}')).toEqual({ name: "plan.pdf", size: 3 });
    expect(about('{"name":"plan.pdf","size":300000000}')).toBeUndefined();
    expect(about('{"name":"plan.pdf","size":-1}')).toBeUndefined();
    expect(about('{"name":7,"size":3}')).toBeUndefined();
    expect(about("null")).toBeUndefined();
    expect(about("")).toBeUndefined();
  });
});

it("Who was signed in is signed in again, unless the address asks for somebody else", () => {
  const request: SignInRequest = {
    userId: "alice",
    isGiven: true,
    device: undefined,
    token: "t",
    listen: "sse",
    send: "socket",
    relayOnly: true,
  };
  expect(again(readQuery(""), request)).toEqual({
    ...readQuery(""),
    ...{ userId: "alice", isGiven: true, token: "t", autoconnect: true, listen: "sse", send: "socket", relayOnly: true },
  });
  const named = again(readQuery("?user=alice&to=bob"), request);
  expect(named).toMatchObject({ userId: "alice", to: "bob", autoconnect: true });
  expect(again(readQuery("?user=bob"), request)).toEqual(readQuery("?user=bob"));
});
