import { announce } from "./announcer";
import type { Session } from "./api";
import type { State } from "./connection";
import { byId } from "./dom";

const titles: Record<State["name"], string> = {
  disconnected: "Disconnected",
  connecting: "Connecting",
  listening: "Listening",
  reconnecting: "Reconnecting",
};

const tickMs = 250;

/** Shows where the connection stands, and as whom and where it listens. */
export function createStateView(): (state: State) => void {
  const title = byId("state", HTMLElement);
  const detail = byId("state-detail", HTMLElement);
  let ticker: ReturnType<typeof setInterval> | undefined;
  let announced = "";

  return (state) => {
    clearInterval(ticker);
    title.dataset["state"] = state.name;
    title.textContent = titles[state.name];
    document.body.dataset["connection"] = state.name;

    const show = (): void => {
      detail.textContent = explain(state);
    };
    show();
    if (state.name === "reconnecting") {
      ticker = setInterval(show, tickMs);
    }
    showSession("session" in state ? state.session : undefined);

    // The countdown and the steps in between would be noise to a screen reader.
    if (announced !== state.name) {
      announced = state.name;
      announce(`${titles[state.name]}. ${state.name === "reconnecting" ? state.reason : explain(state)}`);
    }
  };
}

function showSession(session: Session | undefined): void {
  const show = (id: string, text: string | undefined): void => {
    const element = byId(id, HTMLElement);
    element.textContent = text ?? "–";
    element.title = text ?? "";
  };
  show("my-user-id", session?.userId);
  show("my-device", session && (session.device ?? "no name"));
  show("my-node", session && nodeOf(session));
  show("my-key", session?.listeningKey);
  byId("route-node", HTMLElement).textContent = session ? nodeOf(session) : "node";
}

function explain(state: State): string {
  switch (state.name) {
    case "disconnected":
      return state.problem ?? "Choose a user id and connect.";
    case "connecting":
      return steps[state.step](state.session ? nodeOf(state.session) : "");
    case "listening":
      return `The broker confirmed it: messages to ${state.session.userId} arrive here.`;
    case "reconnecting": {
      const seconds = Math.max(0, Math.ceil((state.retryAt - Date.now()) / 1000));
      return `${state.reason} Next try in ${seconds} s.`;
    }
  }
}

const steps = {
  asking: () => "Asking the webapp for a node …",
  opening: (node: string) => `Opening a socket to the node ${node} …`,
  subscribing: (node: string) => `Waiting for ${node} to confirm the subscription …`,
};

/** The host and port of the node that holds a session's socket. */
function nodeOf(session: Session): string {
  return URL.canParse(session.listeningAddress) ? new URL(session.listeningAddress).host : session.listeningAddress;
}
