import { addressOf } from "./base/address.js";
import { createEmitter, type Emitter } from "./base/emitter.js";
import { SignalBrokerError } from "./base/errors.js";
import { createHttp } from "./base/http.js";
import { within } from "./base/pending.js";
import { expectNotAborted, whenListening } from "./connecting.js";
import type { SessionInfo, State } from "./listening/state.js";
import type { ConnectOptions } from "./options.js";
import { createParts, type ClientParts, type Parts } from "./parts.js";
import { createPush, type PushClient } from "./push/push.js";
import { writeContent } from "./sending/content.js";
import type { SignalBrokerClient } from "./signalBrokerClient.js";

const closed = "The client was closed.";
/** How long closing may wait for answers to what is on its way. */
const farewellMs = 5000;

/** Creates a client; fulfilled when it listens. */
export async function createClient(
  options: ConnectOptions,
  replaced: Partial<ClientParts> = {},
): Promise<SignalBrokerClient> {
  const http = createHttp(addressOf((options as ConnectOptions | undefined)?.url), options.fetch);
  expectNotAborted(options);
  const states = createEmitter<State>();
  const parts = createParts(options, http, replaced, (state, before) => {
    if (state.name !== "listening") {
      pause(parts, state);
    }
    states.emit(state);
    // A session that has moved goes on as if nothing had happened.
    if (state.name === "listening" && before.name !== "listening") {
      resume(parts);
    }
  });
  const { listening } = parts;
  followPage(parts);
  if (options.onState) {
    options.onState(listening.state);
    states.on(options.onState);
  }
  const connected = whenListening(listening, states, options);
  listening.start();
  await connected;
  return clientOf(parts, states, createPush(http, () => listening.current?.session));
}

function clientOf(parts: Parts, states: Emitter<State>, push: PushClient): SignalBrokerClient {
  const { identity, listening, calls, reception, inbox, rooms, presences, send } = parts;
  let closing: Promise<void> | undefined;
  return {
    get userId() {
      return identity.userId ?? "";
    },
    get session() {
      // Nobody gets a client before it has listened.
      return listening.session as SessionInfo;
    },
    get state() {
      return listening.state;
    },
    get calls() {
      return calls.current;
    },
    onState: states.on,
    onSignal: reception.onSignal,
    onReceipt: reception.onReceipt,
    onRecovery: inbox.onRecovery,
    settle: inbox.settle,
    onCall: calls.onCall,
    send,
    async call(userId, options = {}) {
      // It rings more than once, with the same information each time.
      const { info } = options;
      const copy = info === undefined ? {} : { info: JSON.parse(writeContent(info, "info")) as unknown };
      return calls.call(userId, { ...options, ...copy });
    },
    ...push,
    ...rooms.client,
    presence: presences.presence,
    watch: presences.watch,
    users: presences.users,
    close: () => (closing ??= close(parts)),
  };
}

function followPage({ surroundings, listening, calls, inbox, line }: Parts): void {
  surroundings.onNetworkChange(calls.networkChanged);
  surroundings.onLeave(() => {
    void calls.hangUpAll("last");
    inbox.leave();
    line.leave();
    listening.leave();
  });
  surroundings.onReturn(() => {
    line.comeBack();
    listening.comeBack();
  });
}

function pause({ outbox, socket, requests, calls, surroundings }: Parts, state: State): void {
  outbox.pause();
  socket.lost();
  if (state.name === "closed") {
    const error = new SignalBrokerError("closed", state.problem.reason);
    outbox.close(error);
    requests.close(error);
    calls.close(error);
    surroundings.dispose();
  }
}

function resume({ outbox, requests, inbox, rooms, presences, calls }: Parts): void {
  outbox.resume();
  [requests, inbox, rooms, presences, calls].forEach((part) => part.listening());
}

async function close({ listening, outbox, requests, inbox, calls }: Parts): Promise<void> {
  if (listening.current) {
    const error = new SignalBrokerError("closed", closed);
    // The calls' last words are the last ones that the outbox takes.
    const farewells = [calls.hangUpAll("peer"), inbox.flush(), outbox.drain(error), requests.drain(error)];
    await within(farewellMs, Promise.all(farewells));
  }
  await listening.close({ code: "closed", reason: closed });
}
