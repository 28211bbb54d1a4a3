import type { Call, IncomingCall, SignalBrokerClient } from "../../src/index";
import type { Sequence } from "../sequence/sequence";
import type { Talk } from "../talk/talk";
import { createCallView, type Current } from "./callView";
import type { Wanted } from "./media";
import { mutesLabel } from "./mutes";
import { about, createRinging } from "./ringing";
import type { StageState } from "./stage";

export interface DeskParts {
  sequence: Sequence;
  talk: Talk;
  answersByItself(): boolean;
  /** This person is in a call with somebody; undefined when it is over. */
  onTalk(other: string | undefined): void;
  onMissed(from: string, about: string): void;
}

/** The labels of the data channels that each call has. */
const channels = ["chat", mutesLabel];

/** Makes and takes calls, one at a time. */
export function createDesk(parts: DeskParts) {
  const { sequence, talk, onTalk } = parts;
  const view = createCallView(sequence, talk);
  const ringing = createRinging((incoming) => void accept(incoming));
  let client: SignalBrokerClient | undefined;
  /** Rings while this person calls the very same user: the client makes one call of the two. */
  let crossing: IncomingCall | undefined;

  return {
    get isBusy(): boolean {
      return view.current !== undefined;
    },
    use(next: SignalBrokerClient): void {
      client = next;
      next.onCall(onIncoming);
    },
    /** Says that a call ended when the page was loaded again. */
    lost: (other: string): void => view.end(other, `The call with ${other} ended when this page was loaded again.`),
    /** @param since when the person clicked, on the page's clock */
    call(userId: string, wanted: Wanted, since: number): void {
      ringing.callsElsewhere(userId);
      const mine = begin(userId, wanted.video, "calling", `Calling ${userId} …`, since);
      sequence.call(userId, since);
      void run(mine, async () => {
        await view.openMedia(mine, wanted);
        mine.abort.signal.throwIfAborted();
        crossing = undefined;
        return client?.call(userId, { media: mine.media, channels, signal: mine.abort.signal });
      });
    },
  };

  function onIncoming(incoming: IncomingCall): void {
    const { current } = view;
    if (current && !current.call && current.other === incoming.from) {
      crossing = incoming;
    } else if (current || ringing.isShown) {
      incoming.busy();
      parts.onMissed(incoming.from, about(incoming));
    } else if (parts.answersByItself()) {
      accept(incoming);
    } else {
      ringing.show(incoming);
      void incoming.ended.then((how) => noteRing(parts, incoming, how));
    }
  }

  function accept(incoming: IncomingCall): void {
    // One call at a time.
    view.hangUp();
    const mine = begin(incoming.from, incoming.media.video, "connecting", "Connecting …", performance.now());
    mine.abort.signal.addEventListener("abort", () => incoming.decline());
    void run(mine, async () => {
      // Seeing and hearing the other is better than nothing.
      await view.openMedia(mine, incoming.media).catch((error: Error) => (mine.notice = error.message));
      return incoming.accept({ media: mine.media, channels });
    });
  }

  function begin(other: string, video: boolean, state: StageState, words: string, since: number): Current {
    const mine = view.begin(other, video, state, words, since);
    onTalk(other);
    return mine;
  }

  async function run(mine: Current, connect: () => Promise<Call | undefined>): Promise<void> {
    const words = await view.follow(mine, connect());
    if (view.current !== mine) {
      return;
    }
    sequence.callEnded();
    view.end(mine.other, words);
    onTalk(undefined);
    const incoming = crossing;
    crossing = undefined;
    if (incoming) {
      onIncoming(incoming);
    }
  }
}

function noteRing({ sequence, onMissed }: DeskParts, incoming: IncomingCall, how: string): void {
  if (how !== "accepted") {
    sequence.callEnded();
  }
  if (how === "cancelled" || how === "busy") {
    onMissed(incoming.from, about(incoming));
  }
}
