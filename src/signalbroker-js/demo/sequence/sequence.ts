import { keepNewest } from "../../src/base/newest";
import type { WireEntry } from "../wire/wire";
import { readEntry, type Meaning } from "./reading";

/** Who takes part: this page, SignalBroker, and another user. */
export type Party = "me" | "broker" | "peer";

/**
 * How an arrow looks: a signal on its way, one that the broker has, an answer, a fault, or what goes from page to page.
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
  /** What the broker said of it, and how many milliseconds later. */
  outcome?: { words: string; after: number };
}

/** Draws the steps. */
export interface SequenceView {
  begin(title: string, peer: string | undefined): void;
  /** Shows a step, or that it has changed. */
  show(step: Step): void;
}

const rememberedSessions = 200;

/** The story of what goes over the wire, in chapters: each begins at 0 ms. */
export function createSequence(view: SequenceView, now: () => number = () => performance.now()) {
  const pending = new Map<string, Step>();
  /** The users whose sessions have sent signals: answers go to those sessions. */
  const users = new Map<string, string>();
  let start = now();
  /** The user of the newest chapter that is about a user. */
  let other = "";
  let steps = 0;
  let inCall = false;

  return {
    hear: (entry: WireEntry): void => readEntry(entry).forEach(tell),
    signIn: () => begin("You sign in"),
    /** @param since when the person clicked, on the page's clock */
    call(peer: string, since: number): void {
      inCall = true;
      begin(`You call ${short(peer)}`, peer, since);
    },
    /** The call is over: the next ring begins a chapter. */
    callEnded: () => void (inCall = false),
    /** Something goes from page to page, past SignalBroker; returns how to say it better. */
    direct(label: string, from: "me" | "peer" = "me"): (label: string) => void {
      const step = add(from, from === "me" ? "peer" : "me", label, "direct");
      return (better) => rename(view, step, better);
    },
  };

  function tell(meaning: Meaning): void {
    switch (meaning.kind) {
      case "says":
        return void add(meaning.from, meaning.to, meaning.label, meaning.tone);
      case "sends":
        return send(meaning);
      case "settles":
        return settle(meaning);
      case "receives":
        return receive(meaning);
    }
  }

  function begin(title: string, peer?: string, since = now()): void {
    start = since;
    other = peer ?? other;
    view.begin(title, peer);
  }

  function add(from: Party, to: Party, label: string, tone: Tone, peer = other): Step {
    const step: Step = { id: ++steps, at: Math.max(0, now() - start), from, to, peer, label, tone };
    view.show(step);
    return step;
  }

  function send({ name, to, toSession = "", label }: Meaning & { kind: "sends" }): void {
    pending.set(name, add("me", "peer", label, "pending", to ?? users.get(toSession)));
  }

  function receive({ from, fromSession, label, ring }: Meaning & { kind: "receives" }): void {
    if (ring !== undefined && !inCall) {
      inCall = true;
      begin(`${short(from)} calls you`, from);
    }
    remember(users, fromSession, from);
    add("peer", "me", label, "queued", from);
  }

  function settle({ name, queued, words }: Meaning & { kind: "settles" }): void {
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

export type Sequence = ReturnType<typeof createSequence>;

function remember(users: Map<string, string>, session: string | undefined, user: string): void {
  if (session !== undefined) {
    users.delete(session);
    users.set(session, user);
    keepNewest(users, rememberedSessions);
  }
}

function rename(view: SequenceView, step: Step, label: string): void {
  if (step.label !== label) {
    step.label = label;
    view.show(step);
  }
}

/** A name that fits into a heading. */
function short(name: string): string {
  return name.length > 15 ? `${name.slice(0, 14)}…` : name;
}
