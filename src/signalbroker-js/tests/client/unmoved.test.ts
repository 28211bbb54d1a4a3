import { expect, it, vi } from "vitest";
import { listen, useListener, world } from "./listener";
import { askToMove } from "./moving";
import { tick } from "./server";

useListener();

vi.mock("../../src/listening/move", () => {
  throw new Error("The file is not there.");
});

it("stays where it is when what moves it can't be loaded, until the server closes the socket", async () => {
  await listen();
  await askToMove();
  expect(world.asked).toBe(1);
  expect(world.listening.state.name).toBe("listening");
  world.opened[0]?.lost("The socket closed.", false);
  await tick(250);
  expect(world.predecessors).toEqual([undefined, "s.1"]);
});
