import { createCallForm } from "./calls/callForm";
import { createDesk } from "./calls/desk";
import { byId } from "./page/dom";
import { createPeople } from "./people/people";
import { createDiagram } from "./sequence/diagram";
import { createSequence } from "./sequence/sequence";
import { readQuery } from "./signIn/options";
import { createSecondUserLink } from "./signIn/secondUser";
import { createSignIn, type PageState } from "./signIn/signIn";
import { createSignInForm } from "./signIn/signInForm";
import { createStateView } from "./signIn/stateView";
import { createReceivedList } from "./signals/received";
import { createSendForm } from "./signals/sendForm";
import { createTalk } from "./talk/talk";
import type { Wire } from "./wire/wire";
import { createWireLog } from "./wire/wireLog";

let isListening = false;
const asked = readQuery(location.search);
const sequence = createSequence(createDiagram());
const wireLog = createWireLog();
const wire: Wire = {
  record(entry) {
    wireLog.record(entry);
    sequence.hear(entry);
  },
  heartbeat: wireLog.heartbeat,
};

const desk = createDesk({
  sequence,
  talk: createTalk(),
  answersByItself: () => byId("answer-all", HTMLInputElement).checked,
  onBusy: () => enableCalling(),
});
const people = createPeople((userId) => callForm.choose(userId));
const callForm = createCallForm({
  call: (userId, wanted, since) => void desk.call(userId, wanted, since),
  typed: people.choose,
  meet: people.meet,
});
const showReceived = createReceivedList((from) => {
  callForm.choose(from);
  byId("content", HTMLTextAreaElement).focus();
});
const showMyUserId = createSecondUserLink(callForm.suggest);
const showState = createStateView(() => desk.isBusy);
const signIn = createSignIn({
  wire,
  onState,
  onClient(client) {
    client.onSignal((signal) => {
      showReceived(signal);
      people.meet(signal.from);
    });
    client.onReceipt(sendForm.showReceipt);
    client.onCall(({ from }) => people.meet(from));
    desk.use(client);
    people.use(client);
  },
});
const signInForm = createSignInForm(asked, {
  signIn(request) {
    sequence.signIn();
    signIn.begin(request);
  },
  cancel: signIn.end,
});
const sendForm = createSendForm({
  addressee: callForm.addressee,
  send: (to, content, isKept) =>
    signIn.client?.send(to, content, isKept ? { store: "always", receipt: "delivered" } : {}) ??
    Promise.reject(new Error("You are not signed in.")),
});

function onState(state: PageState): void {
  showState(state);
  signInForm.show(state);
  sendForm.enable(state.name === "listening");
  isListening = state.name === "listening";
  enableCalling();
  if (state.name === "signed-out") {
    people.use(undefined);
  }
  if (state.name === "listening") {
    showMyUserId(state.session.userId);
  }
}

function enableCalling(): void {
  callForm.enable(isListening && !desk.isBusy);
}

byId("disconnect", HTMLButtonElement).addEventListener("click", signIn.end);
const userId = byId("user-id", HTMLInputElement);
userId.addEventListener("input", () => showMyUserId(userId.value));
callForm.suggest(asked.to);
showMyUserId(asked.user);
onState({ name: "signed-out" });
if (asked.autoconnect) {
  signInForm.submit();
}
