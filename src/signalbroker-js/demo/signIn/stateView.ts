import type { SessionInfo } from "../../src/index";
import { announce } from "../page/announcer";
import { byId } from "../page/dom";
import { problemSentence } from "../page/problems";
import type { PageState } from "./signIn";

const titles: Record<PageState["name"], string> = {
  "signed-out": "Signed out",
  connecting: "Connecting",
  listening: "Listening",
  reconnecting: "Reconnecting",
};

const protocols = { mqtt: "MQTT", stomp: "STOMP" };
const tickMs = 250;

/** Shows where the page stands, and as whom, where and how it listens. */
export function createStateView(isInCall: () => boolean): (state: PageState) => void {
  const title = byId("state", HTMLElement);
  const details = [byId("state-detail", HTMLElement), byId("sign-in-state", HTMLElement)];
  let ticker: ReturnType<typeof setInterval> | undefined;
  let announced: PageState["name"] | "" = "";

  return (state) => {
    clearInterval(ticker);
    title.dataset["state"] = state.name;
    title.textContent = titles[state.name];
    showPage(state.name);

    const show = (): void => {
      const words = explain(state, isInCall()) + countdown(state);
      details.forEach((detail) => (detail.textContent = words));
    };
    show();
    if ("retryAt" in state && state.retryAt) {
      ticker = setInterval(show, tickMs);
    }
    if (state.name === "listening") {
      showSession(state.session, wayOf(state));
    }

    // The countdown would be noise to a screen reader.
    if (announced !== state.name) {
      announced = state.name;
      announce(`${titles[state.name]}. ${explain(state, isInCall())}`);
    }
  };
}

/** Either the form to sign in, or what one can do then. */
function showPage(state: PageState["name"]): void {
  const inside = state === "listening" || state === "reconnecting";
  const door = byId("door", HTMLElement);
  const app = byId("app", HTMLElement);
  const who = byId("who", HTMLElement);
  const vanishing = inside ? [door] : [app, who];
  const isNowhere = document.activeElement === null || document.activeElement === document.body;
  const changes = door.hidden !== inside || app.hidden === inside;
  const losesFocus = vanishing.some((part) => !part.hidden && part.contains(document.activeElement));
  document.body.dataset["connection"] = state;
  app.hidden = who.hidden = !inside;
  door.hidden = inside;
  if (losesFocus || (changes && isNowhere)) {
    byId(inside ? "to" : "user-id", HTMLInputElement).focus();
  }
}

function showSession(session: SessionInfo, by: string): void {
  const show = (id: string, text: string): void => {
    const element = byId(id, HTMLElement);
    element.textContent = text;
    element.title = text;
  };
  show("my-user-id", session.userId);
  show("my-device", session.device ?? "no name");
  show("my-node", nodeOf(session));
  show("my-transport", by);
  show("my-key", session.listeningKey);
}

function explain(state: PageState, inCall: boolean): string {
  switch (state.name) {
    case "signed-out":
      return state.problem ? problemSentence(state.problem) : "";
    case "connecting":
      return state.problem ? problemSentence(state.problem) : "Waiting for the broker to confirm …";
    case "listening":
      return `by ${wayOf(state)}, node ${nodeOf(state.session)}`;
    case "reconnecting":
      return problemSentence(state.problem) + (inCall ? " Your call goes on." : "");
  }
}

function countdown(state: PageState): string {
  return "retryAt" in state && state.retryAt
    ? ` Next try in ${Math.max(0, Math.ceil((state.retryAt.getTime() - Date.now()) / 1000))} s.`
    : "";
}

/** How signals come in. */
function wayOf({ protocol }: PageState & { name: "listening" }): string {
  return protocol ? protocols[protocol] : "server-sent events";
}

/** The host and port of the node that holds a session's socket. */
function nodeOf(session: SessionInfo): string {
  return URL.canParse(session.listeningAddress) ? new URL(session.listeningAddress).host : session.listeningAddress;
}
