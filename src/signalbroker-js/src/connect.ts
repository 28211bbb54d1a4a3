import { createClient } from "./client.js";
import type { ConnectOptions } from "./options.js";
import type { SignalBrokerClient } from "./signalBrokerClient.js";

/**
 * Connects a user: opens a session, listens, and comes back by itself after every loss.
 * @returns the client, once it listens; until then it keeps trying, unless the webapp refuses for good
 * @throws SignalBrokerError with the webapp's code when it refuses, or `aborted`
 * @example
 * const me = await connect({ url: "https://signal.example", userId: "alice" });
 * me.onSignal(({ from, content }) => console.log(from, content));
 * await me.send("bob", { hello: "bob" });
 */
export function connect(options: ConnectOptions): Promise<SignalBrokerClient> {
  return createClient(options);
}
