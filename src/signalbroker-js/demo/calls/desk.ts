import type { Call, CallEnd, IncomingCall, SignalBrokerClient } from "../../src/index";
import { callProblemSentence } from "../page/problems";
import type { Sequence } from "../sequence/sequence";
import type { Talk } from "../talk/talk";
import { createControls } from "./controls";
import { followCall } from "./following";
import { closeMedia, openMedia, type Wanted } from "./media";
import { exchangeMutes, mutesLabel } from "./mutes";
import { about, createRinging } from "./ringing";
import { createScreen } from "./screen";
import { createStage } from "./stage";

/** Makes and takes calls, one at a time. */
export interface Desk {
  readonly isBusy: boolean;
  use(client: SignalBrokerClient): void;
  /** Says of a call that it ended when the page was loaded again. */
  lost(other: string): void;
  /** @param since when the person clicked, on the page's clock */
  call(userId: string, wanted: Wanted, since: number): Promise<void>;
}

export interface DeskParts {
  sequence: Sequence;
  talk: Talk;
  answersByItself(): boolean;
  /** With whom this person is in a call; undefined when it is over. */
  onTalk(other: string | undefined): void;
  onMissed(from: string, about: string): void;
}

/** The labels of the data channels that each call has. */
const channels = ["chat", mutesLabel];

/** A call from its first moment to its last. */
interface Current {
  readonly other: string;
  readonly abort: AbortController;
  media?: MediaStream;
  call?: Call;
  /** Why the other can't see or hear this person. */
  notice?: string;
}

export function createDesk({ sequence, talk, answersByItself, onTalk, onMissed }: DeskParts): Desk {
  const stage = createStage();
  const screen = createScreen();
  const ringing = createRinging((incoming) => void accept(incoming, performance.now()));
  let tellMutes: () => void = () => undefined;
  const controls = createControls({
    hangUp,
    muted(mutes) {
      screen.showOwnMutes(mutes);
      tellMutes();
    },
  });
  let client: SignalBrokerClient | undefined;
  let current: Current | undefined;
  /** Rings while this person calls the very same user: the client makes one call of the two. */
  let crossing: IncomingCall | undefined;

  return {
    get isBusy() {
      return current !== undefined;
    },
    use(next) {
      client = next;
      next.onCall(onIncoming);
    },
    lost(other) {
      stage.show("ended", other, `The call with ${other} ended when this page was loaded again.`);
    },
    async call(userId, wanted, since) {
      ringing.callsElsewhere(userId);
      const mine = begin(userId, wanted.video, "calling", `Calling ${userId} …`);
      sequence.call(userId, since);
      await run(mine, since, async () => {
        if (wanted.audio || wanted.video) {
          setMedia(mine, await openMedia(wanted));
        }
        mine.abort.signal.throwIfAborted();
        crossing = undefined;
        return client?.call(userId, { media: mine.media, channels, signal: mine.abort.signal });
      });
    },
  };

  function onIncoming(incoming: IncomingCall): void {
    if (current && !current.call && current.other === incoming.from) {
      crossing = incoming;
      return;
    }
    if (current || ringing.isShown) {
      incoming.busy();
      onMissed(incoming.from, about(incoming));
      return;
    }
    if (answersByItself()) {
      void accept(incoming, performance.now());
    } else {
      ringing.show(incoming);
      void incoming.ended.then((how) => {
        if (how !== "accepted") {
          sequence.callEnded();
        }
        if (how === "cancelled" || how === "busy") {
          onMissed(incoming.from, about(incoming));
        }
      });
    }
  }

  async function accept(incoming: IncomingCall, since: number): Promise<void> {
    // One call at a time.
    hangUp();
    const mine = begin(incoming.from, incoming.media.video, "connecting", "Connecting …");
    mine.abort.signal.addEventListener("abort", () => incoming.decline());
    await run(mine, since, async () => {
      const { audio, video } = incoming.media;
      if (audio || video) {
        await openMedia({ audio, video }).then(
          (media) => setMedia(mine, media),
          // Seeing and hearing the other is better than nothing.
          (error: Error) => (mine.notice = error.message),
        );
      }
      return incoming.accept({ media: mine.media, channels });
    });
  }

  function begin(other: string, withVideo: boolean, state: "calling" | "connecting", words: string): Current {
    const mine: Current = { other, abort: new AbortController() };
    current = mine;
    screen.clear();
    controls.use(undefined);
    talk.clear();
    stage.showPicture(withVideo);
    stage.showPath(undefined);
    stage.show(state, other, words);
    onTalk(other);
    return mine;
  }

  function setMedia(mine: Current, media: MediaStream): void {
    if (mine.abort.signal.aborted) {
      closeMedia(media);
      return;
    }
    mine.media = media;
    screen.showOwn(media);
    controls.use(media);
  }

  async function run(mine: Current, since: number, connect: () => Promise<Call | undefined>): Promise<void> {
    let words: string;
    try {
      const connecting = connect();
      connecting.then(
        // Who hung up meanwhile has no button for it any more.
        (call) => mine.abort.signal.aborted && call?.hangUp(),
        () => undefined,
      );
      const call = await Promise.race([connecting, aborted(mine)]);
      if (call) {
        words = await live(mine, call, since);
      } else {
        words = "You are signed out.";
      }
    } catch (error) {
      words = mine.abort.signal.aborted ? "You hung up." : callProblemSentence(error, mine.other);
    }
    closeMedia(mine.media);
    if (current !== mine) {
      return;
    }
    sequence.callEnded();
    current = undefined;
    screen.clear();
    controls.use(undefined);
    talk.end();
    stage.showPath(undefined);
    stage.show("ended", mine.other, words);
    onTalk(undefined);
    if (crossing) {
      const incoming = crossing;
      crossing = undefined;
      onIncoming(incoming);
    }
  }

  async function live(mine: Current, call: Call, since: number): Promise<string> {
    mine.call = call;
    talk.begin(call);
    exchangeMutes(call, () => controls.mutes, screen.showMutes).then(
      (tell) => (tellMutes = tell),
      () => undefined,
    );
    if (mine.notice !== undefined) {
      talk.notice(mine.notice);
    }
    screen.showOther(call.peer, call.remoteStream, () => {
      sequence.direct("first picture", "peer");
      performance.measure("click-to-first-remote-frame", { start: since });
    });
    return endWords(await followCall(call, stage, sequence), call.peer);
  }

  function hangUp(): void {
    current?.call?.hangUp();
    current?.abort.abort();
  }
}

/** Settles when the person hangs up, although a browser's question about the camera may still be open. */
function aborted({ abort }: Current): Promise<never> {
  return new Promise((_, reject) => abort.signal.addEventListener("abort", () => reject(abort.signal.reason)));
}

function endWords({ reason, error }: CallEnd, peer: string): string {
  switch (reason) {
    case "hung-up":
    case "closed":
      return "You hung up.";
    case "peer-hung-up":
      return `${peer} hung up.`;
    case "refused":
      return `The server takes no more signals of this call. ${error?.message ?? ""}`.trim();
    case "lost":
      return `The connection to ${peer} was lost.`;
  }
}
