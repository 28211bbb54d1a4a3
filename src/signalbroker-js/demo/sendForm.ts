import { announce } from "./announcer";
import type { Answer, Delivery, Signal } from "./api";
import { contentOf } from "./content";
import { byId, make } from "./dom";
import { deliverySummary, outcomeWords } from "./outcome";
import { sendProblemSentence } from "./problems";
import { userIdMistake } from "./userId";

export interface SendForm {
  /** Allows sending only while there is a session to send from. */
  enable(enabled: boolean): void;
  /** Fills the addressee and waits for the words. */
  replyTo(userId: string): void;
  /** Proposes an addressee, unless there is one. */
  suggest(userId: string): void;
}

/** The form that sends a signal and says what became of it. */
export function createSendForm(send: (signal: Signal) => Promise<Answer<Delivery[]>>): SendForm {
  const form = byId("send-form", HTMLFormElement);
  const to = byId("to", HTMLInputElement);
  const content = byId("content", HTMLTextAreaElement);
  const button = byId("send", HTMLButtonElement);
  const outcome = byId("outcome", HTMLElement);
  let enabled = false;
  let sending = false;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  content.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      form.requestSubmit();
    }
  });

  return {
    enable(allowed) {
      enabled = allowed;
      showButton();
    },
    replyTo(userId) {
      to.value = userId;
      content.focus();
    },
    suggest(userId) {
      to.value ||= userId;
    },
  };

  /** One request at a time: signals to one addressee arrive in the order in which they were sent. */
  async function submit(): Promise<void> {
    const addressee = to.value.trim();
    const mistake = addressee === "" ? "Say whom the message is for." : userIdMistake(addressee);
    if (mistake !== undefined) {
      show("bad", mistake);
      to.focus();
      return;
    }
    if (!enabled || sending) {
      return;
    }
    sending = true;
    showButton();
    delete outcome.dataset["tone"];
    outcome.replaceChildren(make("p", "", `Sending to ${addressee} …`));
    const answer = await send({ to: addressee, content: contentOf(content.value) });
    sending = false;
    showButton();
    if (answer.ok) {
      showDeliveries(addressee, answer.value);
      if (document.activeElement === content) {
        content.select();
      }
    } else {
      show("bad", sendProblemSentence(answer.problem, addressee));
    }
  }

  function showButton(): void {
    // Not `disabled`: the button would lose the keyboard's focus each time.
    button.setAttribute("aria-disabled", String(!enabled || sending));
  }

  function showDeliveries(addressee: string, deliveries: Delivery[]): void {
    const summary = deliverySummary(
      addressee,
      deliveries.map(({ outcome }) => outcome),
    );
    show(summary.tone, summary.words);
    if (deliveries.length > 1) {
      outcome.append(make("ul", "", ...deliveries.map(deliveryItem)));
    }
  }

  function deliveryItem({ device, listeningKey, outcome: word }: Delivery): HTMLLIElement {
    const { tone, words } = outcomeWords(word);
    const item = make("li", tone, make("b", "", device ?? `${listeningKey.slice(0, 8)}…`), ` ${words}`);
    item.dataset["outcome"] = word;
    return item;
  }

  function show(tone: string, words: string): void {
    outcome.replaceChildren(make("p", tone, words));
    outcome.dataset["tone"] = tone;
    announce(words);
  }
}
