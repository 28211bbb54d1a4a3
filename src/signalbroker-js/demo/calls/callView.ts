import type { Call, CallEnd } from "../../src/index";
import { callProblemSentence } from "../page/problems";
import type { Sequence } from "../sequence/sequence";
import type { Talk } from "../talk/talk";
import { createControls } from "./controls";
import { followCall } from "./following";
import { closeMedia } from "./media";
import { exchangeMutes } from "./mutes";
import { createScreen } from "./screen";
import { createStage, type StageState } from "./stage";

/** A call from its first moment to its last. */
export interface Current {
  readonly other: string;
  /** When the person clicked, on the page's clock. */
  readonly since: number;
  readonly abort: AbortController;
  media?: MediaStream;
  call?: Call;
  /** Why the other can't see or hear this person. */
  notice?: string;
}

/** Shows one call at a time: its state, its pictures, its controls and what is said in it. */
export function createCallView(sequence: Sequence, talk: Talk, hangUp: () => void) {
  const stage = createStage();
  const screen = createScreen();
  let tellMutes: () => void = () => undefined;
  const controls = createControls(hangUp, (mutes) => {
    screen.showOwnMutes(mutes);
    tellMutes();
  });

  return {
    begin(other: string, withVideo: boolean, state: StageState, words: string): void {
      clear();
      talk.clear();
      stage.showPicture(withVideo);
      stage.show(state, other, words);
    },
    /** Shows this person's own camera and microphone. */
    setMedia(mine: Current, media: MediaStream): void {
      if (mine.abort.signal.aborted) {
        closeMedia(media);
        return;
      }
      mine.media = media;
      screen.showOwn(media);
      controls.use(media);
    },
    /** Shows a call until it is over, and returns how it ended, in words. */
    async follow(mine: Current, connecting: Promise<Call | undefined>): Promise<string> {
      connecting.then(
        // A person who has hung up meanwhile has no button for it any more.
        (call) => mine.abort.signal.aborted && call?.hangUp(),
        () => undefined,
      );
      try {
        const call = await Promise.race([connecting, aborted(mine)]);
        return call ? await live(mine, call) : "You are signed out.";
      } catch (error) {
        return mine.abort.signal.aborted ? "You hung up." : callProblemSentence(error, mine.other);
      } finally {
        closeMedia(mine.media);
      }
    },
    end(other: string, words: string): void {
      clear();
      talk.end();
      stage.show("ended", other, words);
    },
  };

  function clear(): void {
    screen.clear();
    controls.use(undefined);
    stage.showPath(undefined);
  }

  async function live(mine: Current, call: Call): Promise<string> {
    mine.call = call;
    talk.begin(call);
    exchangeMutes(call, controls.mutes, screen.showMutes).then(
      (tell) => (tellMutes = tell),
      () => undefined,
    );
    if (mine.notice !== undefined) {
      talk.notice(mine.notice);
    }
    screen.showOther(call.peer, call.remoteStream, () => {
      sequence.direct("first picture", "peer");
      performance.measure("click-to-first-remote-frame", { start: mine.since });
    });
    return endWords(await followCall(call, stage, sequence), call.peer);
  }
}

/** Rejected when the person hangs up, even if a browser's question about the camera is still open. */
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
