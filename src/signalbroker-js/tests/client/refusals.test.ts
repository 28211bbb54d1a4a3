import { expect, it } from "vitest";
import { SignalBrokerError } from "../../src/base/errors";
import { listen, refusal, useListener, world } from "./listener";
import { tick } from "./server";

useListener();

it.each([0, 408, 429, 500, 503])("keeps trying after %s", async (status) => {
  world.answer = () => Promise.reject(status ? refusal(status, "later") : new SignalBrokerError("unreachable", "no answer"));
  world.listening.start();
  await tick(60_000);
  expect(world.asked).toBeGreaterThan(2);
  expect(world.listening.state).toMatchObject({ name: "connecting", problem: { code: status ? "later" : "unreachable" } });
});

it.each([401, 403, 404])("keeps trying when only a gateway answers, with %s", async (status) => {
  world.answer = () => Promise.reject(refusal(status, "unreachable"));
  world.listening.start();
  await tick(60_000);
  expect(world.asked).toBeGreaterThan(2);
  expect(world.listening.state).toMatchObject({ name: "connecting", problem: { code: "unreachable" } });
});

it.each([400, 401, 409])("closes after %s, which waiting can't fix", async (status) => {
  world.answer = () => Promise.reject(refusal(status, "refused"));
  world.listening.start();
  await tick(60_000);
  expect(world.asked).toBe(1);
  expect(world.listening.state).toMatchObject({ name: "closed", problem: { code: "refused" } });
});

it("keeps trying after a conflict with its own lost session", async () => {
  await listen();
  world.answer = () => Promise.reject(refusal(409, "user-already-connected"));
  world.opened[0]?.lost("gone", false);
  await tick(60_000);
  expect(world.asked).toBeGreaterThan(2);
  expect(world.listening.state.name).toBe("reconnecting");
});

it("keeps trying while the token is not available", async () => {
  world.answer = () => Promise.reject(new Error("the login server is down"));
  world.listening.start();
  await tick(10_000);
  expect(world.asked).toBeGreaterThan(1);
  expect(world.listening.state).toMatchObject({ problem: { code: "token-unavailable" } });
});
