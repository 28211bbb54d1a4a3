import type { WireEntry } from "../wire/wire";
import { readEntry } from "./reading";

/** Who takes part: this page, SignalBroker, and another user. */
export type Party = "me" | "broker" | "peer";

/**
 * How an arrow looks: a signal under way, one that the broker has, an answer, a fault, or what goes from page to page.
 */
export type Tone = "asked" | "pending" | "queued" | "answer" | "fault" | "direct";

/** One arrow of the diagram. */
export interface Step {
  readonly id: number;
  /** Milliseconds since its chapter began. */
  readonly at: number;
  readonly from: Party;
  readonly to: Party;
  /** The other user. */
  readonly peer: string;
  label: string;
  tone: Tone;
  /** What the broker said of it, and so many milliseconds later. */
  outcome?: { words: string; after: number };
}

/** Who draws it. */
export interface SequenceView {
  begin(title: string, peer: string | undefined): void;
  /** Shows a step, or that it has changed. */
  show(step: Step): void;
}

/** The story of what goes over the wire, in chapters: each begins at 0 ms. */
export interface Sequence {
  hear(entry: WireEntry): void;
  /** The person signs in. */
  signIn(): void;
  /** @param since when the person clicked, on the page's clock */
  call(peer: string, since: number): void;
  /** The call is over: the next ring begins a chapter. */
  callEnded(): void;
  /** What goes from page to page, past SignalBroker; returns how to say it better. */
  direct(label: string, from?: "me" | "peer"): (label: string) => void;
}

const rememberedSessions = 200;

export function createSequence(view: SequenceView, now: () => number = () => performance.now()): Sequence {
  const pending = new Map<string, Step>();
  /** Whose sessions they are that signals have come from: answers go to those. */
  const users = new Map<string, string>();
  let start = now();
  /** Whom the newest chapter is about that is about somebody. */
  let other = "";
  let steps = 0;
  let inCall = false;

  return {
    hear(entry) {
      const meaning = readEntry(entry);
      switch (meaning?.kind) {
        case "asks":
          add("me", "broker", meaning.label, "asked");
          break;
        case "tells":
          add("broker", "me", meaning.label, meaning.isFault ? "fault" : "answer");
          break;
        case "sends":
          pending.set(meaning.name, add("me", "peer", meaning.label, "pending", addressee(meaning.to, meaning.toSession)));
          break;
        case "settles":
          settle(meaning.name, meaning.queued, meaning.words);
          break;
        case "receives":
          if (meaning.ring !== undefined && !inCall) {
            inCall = true;
            begin(`${short(meaning.from)} calls you`, meaning.from, now());
          }
          remember(meaning.fromSession, meaning.from);
          add("peer", "me", meaning.label, "queued", meaning.from);
          break;
      }
    },
    signIn: () => begin("You sign in", undefined, now()),
    call(peer, since) {
      inCall = true;
      begin(`You call ${short(peer)}`, peer, since);
    },
    callEnded() {
      inCall = false;
    },
    direct(label, from = "me") {
      const step = add(from, from === "me" ? "peer" : "me", label, "direct");
      return (better) => {
        if (step.label !== better) {
          step.label = better;
          view.show(step);
        }
      };
    },
  };

  function begin(title: string, peer: string | undefined, since: number): void {
    start = since;
    other = peer ?? other;
    view.begin(title, peer);
  }

  function addressee(to: string | undefined, session = ""): string {
    return to ?? users.get(session) ?? other;
  }

  function remember(session: string | undefined, user: string): void {
    if (session !== undefined) {
      users.delete(session);
      users.set(session, user);
      for (const [oldest] of users) {
        if (users.size <= rememberedSessions) {
          break;
        }
        users.delete(oldest);
      }
    }
  }

  function add(from: Party, to: Party, label: string, tone: Tone, peer = other): Step {
    const step: Step = { id: ++steps, at: Math.max(0, now() - start), from, to, peer, label, tone };
    view.show(step);
    return step;
  }

  function settle(name: string, queued: boolean, words: string): void {
    const step = pending.get(name);
    if (step) {
      pending.delete(name);
      step.tone = queued ? "queued" : "fault";
      step.label += words === "kept" ? ", kept" : "";
      step.outcome = { words, after: Math.max(0, now() - start - step.at) };
      view.show(step);
    } else if (!queued) {
      add("broker", "me", words, "fault");
    }
  }
}

/** A name that fits into a heading. */
function short(name: string): string {
  return name.length > 15 ? `${name.slice(0, 14)}…` : name;
}
