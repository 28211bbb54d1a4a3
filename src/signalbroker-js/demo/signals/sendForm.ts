import type { Delivery, Receipt, Sent } from "../../src/index";
import { announce } from "../page/announcer";
import { byId, enable, make } from "../page/dom";
import { sendProblemSentence } from "../page/problems";
import { contentOf, isBrokenJson } from "./content";
import { deliverySummary, keptWords, outcomeWords, receiptWords, type OutcomeWords } from "./outcome";

export interface SendFormParts {
  recipient(): string | undefined;
  /** @param isKept whether the server stores it until it is delivered */
  send(to: string, content: unknown, isKept: boolean): Promise<Sent>;
}

/** The form that sends a signal and says what became of it. */
export function createSendForm({ recipient, send }: SendFormParts) {
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
    /** Allows sending only while there is a session to send from. */
    enable(allowed: boolean): void {
      enabled = allowed;
      showButton();
    },
    /** A stored signal has been delivered, or has expired. */
    showReceipt(receipt: Receipt): void {
      const { tone, words } = receiptWords(receipt);
      outcome.append(make("p", tone, words));
      outcome.scrollTop = outcome.scrollHeight;
      announce(words);
    },
  };

  async function submit(): Promise<void> {
    const to = recipient();
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
        show(keptWords(to));
      } else {
        const outcomes = sessions.map((session) => session.outcome);
        const lists = sessions.length > 1 ? [make("ul", "", ...sessions.map(deliveryItem))] : [];
        show(deliverySummary(to, outcomes), ...lists);
      }
      if (document.activeElement === content) {
        content.select();
      }
    } catch (error) {
      show({ tone: "bad", words: sendProblemSentence(error, to) });
    }
    sending = false;
    showButton();
  }

  function showButton(): void {
    enable(button, enabled && !sending);
  }

  function show({ tone, words }: OutcomeWords, ...details: HTMLElement[]): void {
    outcome.replaceChildren(make("p", tone, words), ...details);
    outcome.dataset["tone"] = tone;
    announce(words);
  }
}

function deliveryItem({ device, listeningKey, outcome }: Delivery): HTMLLIElement {
  const { tone, words } = outcomeWords(outcome);
  const item = make("li", tone, make("b", "", device ?? `${listeningKey.slice(0, 8)}…`), ` ${words}`);
  item.dataset["outcome"] = outcome;
  return item;
}
