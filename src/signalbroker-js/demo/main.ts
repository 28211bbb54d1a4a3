import { createCallForm } from "./calls/callForm";
import { createDesk } from "./calls/desk";
import { byId } from "./page/dom";
import { createViews } from "./page/views";
import { createPeople } from "./people/people";
import { createDiagram } from "./sequence/diagram";
import { createSequence } from "./sequence/sequence";
import { createMemory } from "./signIn/memory";
import { again, readQuery, type SignInRequest } from "./signIn/options";
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
let request: SignInRequest | undefined;
const memory = createMemory();
const query = readQuery(location.search);
const asked = memory.request ? again(query, memory.request) : query;
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
  onTalk(other) {
    memory.talksWith(other);
    if (other !== undefined) {
      showView("call");
    }
    enableCalling();
  },
  onMissed: (from, about) => received.addMissedCall(from, about),
});
const people = createPeople((userId) => callForm.choose(userId));
const callForm = createCallForm({
  call: desk.call,
  typed: people.choose,
  meet: people.meet,
});
const received = createReceivedList({
  reply: (userId) => reach(userId, byId("content", HTMLTextAreaElement)),
  callBack: (userId) => reach(userId, byId("call-video", HTMLButtonElement)),
});
const showView = createViews();
const showMyUserId = createSecondUserLink(callForm.suggest);
const showState = createStateView(() => desk.isBusy);
const signIn = createSignIn({
  wire,
  onState,
  onClient(client) {
    client.onSignal((signal) => {
      received.add(signal);
      people.meet(signal.from);
    });
    client.onReceipt(sendForm.showReceipt);
    client.onCall(({ from }) => people.meet(from));
    desk.use(client);
    people.use(client);
  },
});
const signInForm = createSignInForm(asked, {
  signIn(next) {
    request = next;
    sequence.signIn();
    signIn.begin(next);
  },
  cancel: signIn.end,
});
const sendForm = createSendForm({
  recipient: callForm.recipient,
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
    if (request) {
      memory.signedOut();
    }
  }
  if (state.name === "listening") {
    showMyUserId(state.session.userId);
    if (request) {
      memory.signedIn({ ...request, userId: state.session.userId });
    }
  }
}

function reach(userId: string, next: HTMLElement): void {
  callForm.choose(userId);
  showView("call");
  next.focus();
}

function enableCalling(): void {
  callForm.enable(isListening && !desk.isBusy);
}

byId("disconnect", HTMLButtonElement).addEventListener("click", signIn.end);
const userId = byId("user-id", HTMLInputElement);
userId.addEventListener("input", () => showMyUserId(userId.value));
callForm.suggest(memory.other ?? asked.to);
showMyUserId(asked.userId ?? "");
onState({ name: "signed-out" });
if (memory.other !== undefined) {
  desk.lost(memory.other);
}
if (asked.autoconnect) {
  signInForm.submit();
}
