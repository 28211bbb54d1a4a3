import { expect, it } from "vitest";
import { callType, readCallContent } from "../../src/calls/content";

it("reads only the content of calls", () => {
  expect(callType).toBe("signalbroker.call");
  expect(readCallContent("ring")).toBeUndefined();
  expect(readCallContent({ kind: "ring" })).toBeUndefined();
  expect(readCallContent({ call: "id", kind: "accept" })).toBeUndefined();
  expect(readCallContent({ call: "id", kind: "something newer" })).toBeUndefined();
  expect(readCallContent({ call: "id", kind: "ring", media: 1, channels: [1, "chat"] })).toMatchObject({
    media: { audio: false, video: false },
    channels: ["chat"],
  });
});
