import { expect, vi } from "vitest";
import { listen, world } from "./listener";
import { tick } from "./server";

/** The key that the application sees. */
export const key = (): string | undefined => world.listening.session?.listeningKey;

/** Sends through whichever socket is the current one. */
export const sends = (body: string): void => world.listening.current?.transport.send?.(body);

/** The state of a client that has lost its session. */
export const comesBack = expect.objectContaining({ name: "reconnecting" }) as unknown;

/** The transports of the first session and of its successor. */
export function sockets(): readonly [(typeof world.opened)[0], (typeof world.opened)[0]] {
  const [old, next] = world.opened;
  return [old ?? expect.fail(), next ?? expect.fail()];
}

/** The server asks the session that listens to move. */
export async function askToMove(within = 30_000): Promise<void> {
  world.listening.hear({ event: "move", within });
  await vi.dynamicImportSettled();
  await tick();
}

/** A webapp says that it sends nothing more through the old socket. */
export async function mark(by: string, of = 2): Promise<void> {
  world.listening.hear({ event: "moved", by, of });
  await tick();
}

/** Listens, and has a successor that listens as well. */
export async function move(): Promise<void> {
  await listen();
  await askToMove();
  world.opened.at(-1)?.listening();
  await tick();
}
