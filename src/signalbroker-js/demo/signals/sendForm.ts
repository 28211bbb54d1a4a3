import type { Delivery, Receipt, Sent } from "../../src/index";
import { announce } from "../page/announcer";
import { byId, enable, make } from "../page/dom";
import { sendProblemSentence } from "../page/problems";
import { contentOf, isBrokenJson } from "./content";
import { deliverySummary, keptWords, outcomeWords, receiptWords } from "./outcome";

export interface SendForm {
  /** Allows sending only while there is a session to send from. */
  enable(enabled: boolean): void;
  /** What was kept has been delivered, or has expired. */
  showReceipt(receipt: Receipt): void;
}

export interface SendFormParts {
  addressee(): string | undefined;
  /** @param isKept whether the server stores it until it is delivered */
  send(to: string, content: unknown, isKept: boolean): Promise<Sent>;
}

/** The form that sends a signal and says what became of it. */
export function createSendForm({ addressee, send }: SendFormParts): SendForm {
  const form = byId("send-form", HTMLFormElement);
  const content = byId("content", HTMLTextAreaElement);
  const keep = byId("keep", HTMLInputElement);
  const button = byId("send", HTMLButtonElement);
  const outcome = byId("outcome", HTMLElement);
  let enabled = false;
  let sending = false;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  content.addEventListener("input", () => {
    byId("content-note", HTMLElement).textContent = isBrokenJson(content.value)
      ? "This is not valid JSON: as it is, it goes out as text."
      : "";
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
    showReceipt(receipt) {
      const { tone, words } = receiptWords(receipt);
      outcome.append(make("p", tone, words));
      outcome.scrollTop = outcome.scrollHeight;
      announce(words);
    },
  };

  async function submit(): Promise<void> {
    const to = addressee();
    if (to === undefined || !enabled || sending) {
      return;
    }
    sending = true;
    showButton();
    delete outcome.dataset["tone"];
    outcome.replaceChildren(make("p", "", `Sending to ${to} …`));
    try {
      const { stored, sessions } = await send(to, contentOf(content.value), keep.checked);
      if (stored) {
        show("good", keptWords(to));
      } else {
        showDeliveries(to, sessions);
      }
      if (document.activeElement === content) {
        content.select();
      }
    } catch (error) {
      show("bad", sendProblemSentence(error, to));
    }
    sending = false;
    showButton();
  }

  function showButton(): void {
    enable(button, enabled && !sending);
  }

  function showDeliveries(to: string, deliveries: readonly Delivery[]): void {
    const summary = deliverySummary(
      to,
      deliveries.map((delivery) => delivery.outcome),
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
