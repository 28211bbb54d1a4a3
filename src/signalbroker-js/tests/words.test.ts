import { describe, expect, it } from "vitest";
import { contentOf, showContent } from "../demo/content";
import { readEnvelope } from "../demo/envelope";
import { deliverySummary, outcomeWords } from "../demo/outcome";
import { problemSentence, sendProblemSentence } from "../demo/problems";
import { deviceMistake, userIdMistake } from "../demo/userId";

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

  it("turns problems into sentences", () => {
    expect(sendProblemSentence({ status: 404, code: "user-not-listening" }, "bob")).toContain("bob isn't listening");
    expect(sendProblemSentence({ status: 0, code: "unreachable" }, "bob")).toContain("not certain");
    expect(problemSentence({ status: 503, code: "no-node-available", retryAfterMs: 2500 })).toBe(
      "No node has room right now. The server asks to wait 3 s.",
    );
    expect(problemSentence({ status: 400, code: "invalid", detail: "The user id is too long." })).toBe(
      "The user id is too long.",
    );
    expect(problemSentence({ status: 418, code: "" })).toBe("The webapp answered 418.");
  });

  it("knows which names are allowed", () => {
    expect(userIdMistake("")).toBeUndefined();
    expect(userIdMistake("Az09._~@+:-")).toBeUndefined();
    expect(userIdMistake("a".repeat(128))).toBeUndefined();
    expect(userIdMistake("a".repeat(129))).toContain("128");
    expect(userIdMistake("two words")).toContain("only");
    expect(deviceMistake("a".repeat(65))).toContain("64");
  });
});

describe("A signal's content", () => {
  it("is JSON when it parses, else text", () => {
    expect(contentOf('{"a":1}')).toEqual({ a: 1 });
    expect(contentOf("null")).toBeNull();
    expect(contentOf("7")).toBe(7);
    expect(contentOf("hello")).toBe("hello");
    expect(contentOf("{broken")).toBe("{broken");
  });

  it("is shown as text or as indented JSON", () => {
    expect(showContent("hello")).toBe("hello");
    expect(showContent({ a: 1 })).toBe('{\n  "a": 1\n}');
  });

  it("comes in an envelope, and anything else is not one", () => {
    const envelope = readEnvelope(
      '{"id":"1","from":"bob","fromSession":"s.x","to":"a","sentAt":"2026-01-01T00:00:00Z","content":[1]}',
    );
    expect(envelope).toMatchObject({ id: "1", from: "bob", fromSession: "s.x", type: undefined, content: [1] });
    expect(envelope?.sentAt.toISOString()).toBe("2026-01-01T00:00:00.000Z");
    expect(readEnvelope("hello")).toBeUndefined();
    expect(readEnvelope('{"content":1}')).toBeUndefined();
  });
});
