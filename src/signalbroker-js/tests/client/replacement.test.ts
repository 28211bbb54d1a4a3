import { expect, it } from "vitest";
import { SignalBrokerError } from "../../src/base/errors";
import { listen, refusal, sessionNamed, useListener, world } from "./listener";
import { tick } from "./server";

useListener();

async function listenAfter(failure: SignalBrokerError): Promise<void> {
  world.answer = () => Promise.reject(failure);
  world.listening.start();
  await tick(0);
  world.answer = () => Promise.resolve(sessionNamed("s.2"));
  await tick(1000);
  world.opened.at(-1)?.listening();
}

const replaced = (): unknown =>
  expect.objectContaining({ name: "closed", problem: expect.objectContaining({ code: "session-replaced" }) });

it("recovers once from being replaced by its own unanswered request", async () => {
  await listenAfter(new SignalBrokerError("unreachable", "no answer"));

  world.listening.hear({ event: "replaced" });
  expect(world.listening.state.name).toBe("reconnecting");
  await tick(1000);
  world.opened.at(-1)?.listening();
  expect(world.listening.state.name).toBe("listening");
  world.listening.hear({ event: "replaced" });
  expect(world.listening.state).toEqual(replaced());
});

it("recovers from being replaced by a request that it no longer waits for", async () => {
  await listen();
  world.answer = () => new Promise(() => undefined);
  world.opened.at(-1)?.lost("gone", false);
  await tick(1000);
  world.listening.leave();
  world.answer = () => Promise.resolve(sessionNamed("s.3"));
  world.listening.comeBack();
  await tick(0);
  world.opened.at(-1)?.listening();

  world.listening.hear({ event: "replaced" });
  expect(world.listening.state.name).toBe("reconnecting");
});

it("closes when another client replaces it, even after a refusal or a lost session", async () => {
  await listenAfter(refusal(429, "too-many-requests"));
  world.opened.at(-1)?.lost("gone", false);
  await tick(1000);
  world.opened.at(-1)?.listening();
  world.listening.hear({ event: "replaced" });
  expect(world.listening.state).toEqual(replaced());
});

it("closes when the webapp says after its own late request that another client has replaced it", async () => {
  await listenAfter(new SignalBrokerError("unreachable", "no answer"));
  world.answer = () => Promise.reject(refusal(409, "session-replaced"));
  world.listening.hear({ event: "replaced" });
  await tick(1000);
  expect(world.listening.state).toEqual(replaced());
});

it("closes when the server ends its session, and says why", async () => {
  await listen();
  world.listening.hear({ event: "ended", reason: "The game is over." });
  const problem = { code: "session-ended", reason: "The game is over." };
  expect(world.listening.state).toEqual({ name: "closed", problem });
  await tick(60_000);
  expect(world.opened.length).toBe(1);
});
