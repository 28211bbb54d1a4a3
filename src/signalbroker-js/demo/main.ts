import { createApi } from "./api";
import { createConnectForm } from "./connectForm";
import { createConnection, type State } from "./connection";
import { byId } from "./dom";
import { readEnvelope } from "./envelope";
import { createOpenListener } from "./listener";
import { createReceivedList } from "./received";
import { showOnRoute } from "./route";
import { createSecondUserLink } from "./secondUser";
import { createSendForm } from "./sendForm";
import { createStateView } from "./stateView";
import type { Wire } from "./wire";
import { createWireLog } from "./wireLog";

const wireLog = createWireLog();
const wire: Wire = {
  record(channel, way, text) {
    wireLog.record(channel, way, text);
    showOnRoute(channel, way, text);
  },
  heartbeat: wireLog.heartbeat,
};

const api = createApi(wire);
const connection = createConnection({ api, openListener: createOpenListener(wire), onState, onReceived });

const showState = createStateView();
const showInConnectForm = createConnectForm({
  connect: connection.connect,
  retryNow: connection.hurry,
  disconnect: connection.disconnect,
});
const sendForm = createSendForm(async (signal) => {
  if (connection.state.name !== "listening") {
    return { ok: false, problem: { status: 401, code: "unauthorized" } };
  }
  const answer = await api.exchange(connection.state.session, signal);
  if (!answer.ok && answer.problem.status === 401) {
    connection.expired();
  }
  return answer;
});
const showReceived = createReceivedList(sendForm.replyTo);
const showMyUserId = createSecondUserLink(sendForm.suggest);

function onState(state: State): void {
  showState(state);
  showInConnectForm(state);
  sendForm.enable(state.name === "listening");
  if (state.name === "listening") {
    showMyUserId(state.session.userId);
  }
}

function onReceived(body: string): void {
  const envelope = readEnvelope(body);
  if (envelope) {
    showReceived(envelope);
  }
}

window.addEventListener("online", connection.hurry);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    connection.hurry();
  }
});

// A page that the browser keeps for the back button comes back as it left: connected or not.
let leftConnected = false;
window.addEventListener("pagehide", () => {
  leftConnected = connection.state.name !== "disconnected";
  if (leftConnected) {
    connection.disconnect();
  }
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted && leftConnected) {
    connectForm.requestSubmit();
  }
});

const query = new URLSearchParams(location.search);
const userId = byId("user-id", HTMLInputElement);
const connectForm = byId("connect-form", HTMLFormElement);
userId.value = query.get("user") ?? "";
byId("device", HTMLInputElement).value = query.get("device") ?? "";
sendForm.suggest(query.get("to") ?? "");
userId.addEventListener("input", () => showMyUserId(userId.value));
showMyUserId(userId.value);
onState(connection.state);
if (query.get("autoconnect") === "1") {
  connectForm.requestSubmit();
}
