import { expect, it } from "vitest";
import { insist } from "../../src/base/again";
import { SignalBrokerError } from "../../src/base/errors";

it("keeps no program alive while it waits to ask again", async () => {
  const timersBefore = alive();
  let asked = 0;
  const busy = new SignalBrokerError("too-many-requests", "", { status: 429, retryAfterMs: 3_600_000 });
  void insist(() => {
    asked++;
    return Promise.reject(busy);
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toBe(1);
  expect(alive()).toBe(timersBefore);
});

function alive() {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}
