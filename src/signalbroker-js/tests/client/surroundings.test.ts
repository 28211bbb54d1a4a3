import { afterEach, expect, it, vi } from "vitest";
import { createSurroundings, type Surroundings } from "../../src/base/surroundings";

/** A network whose estimates, and perhaps type, change. */
class Network extends EventTarget {
  constructor(public type?: string) {
    super();
  }

  change(type?: string): void {
    if (type !== undefined) {
      this.type = type;
    }
    this.dispatchEvent(new Event("change"));
  }
}

function surroundingsOf(connection: Network | undefined): Surroundings {
  vi.stubGlobal("navigator", { connection });
  return createSurroundings();
}

afterEach(() => void vi.unstubAllGlobals());

it("reports a new network type as a change, but not a new speed estimate", () => {
  const network = new Network("wifi");
  const surroundings = surroundingsOf(network);
  let changes = 0;
  surroundings.onNetworkChange(() => changes++);
  network.change();
  network.change("wifi");
  expect(changes).toBe(0);
  network.change("cellular");
  network.change();
  expect(changes).toBe(1);
  network.change("wifi");
  expect(changes).toBe(2);
  surroundings.dispose();
  network.change("cellular");
  expect(changes).toBe(2);
});

it("ignores changes where networks have no type", () => {
  const network = new Network();
  let changes = 0;
  surroundingsOf(network).onNetworkChange(() => changes++);
  network.change();
  expect(changes).toBe(0);
});
