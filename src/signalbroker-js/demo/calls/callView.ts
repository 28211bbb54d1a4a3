import type { Call, CallEnd } from "../../src/index";
import { callProblemSentence } from "../page/problems";
import type { Sequence } from "../sequence/sequence";
import type { Talk } from "../talk/talk";
import { createControls } from "./controls";
import { followCall } from "./following";
import { closeMedia, openMedia, type Wanted } from "./media";
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
export function createCallView(sequence: Sequence, talk: Talk) {
  const stage = createStage();
  const screen = createScreen();
  let tellMutes: () => void = () => undefined;
  const controls = createControls(hangUp, (mutes) => {
    screen.showOwnMutes(mutes);
    tellMutes();
  });

  const view = {
    current: undefined as Current | undefined,
    begin(other: string, withVideo: boolean, state: StageState, words: string, since: number): Current {
      clear();
      talk.clear();
      stage.showPicture(withVideo);
      stage.show(state, other, words);
      return (view.current = { other, since, abort: new AbortController() });
    },
    /** Opens and shows this person's own camera and microphone; throws as `openMedia` does. */
    async openMedia(mine: Current, wanted: Wanted): Promise<void> {
      const media = await openFor(mine, wanted);
      if (media) {
        mine.media = media;
        screen.showOwn(media);
        controls.use(media);
      }
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
    hangUp,
    end(other: string, words: string): void {
      view.current = undefined;
      clear();
      talk.end();
      stage.show("ended", other, words);
    },
  };
  return view;

  function hangUp(): void {
    view.current?.call?.hangUp();
    view.current?.abort.abort();
  }

  function clear(): void {
    screen.clear();
    controls.use(undefined);
    stage.showPath(undefined);
  }

  async function live(mine: Current, call: Call): Promise<string> {
    mine.call = call;
    talk.begin(call);
    exchangeMutes(call, controls.mutes, screen.showMutes).then((tell) => (tellMutes = tell), () => undefined);
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

/** Undefined when nothing is wanted, or the person has hung up meanwhile. */
async function openFor({ abort }: Current, { audio, video }: Wanted): Promise<MediaStream | undefined> {
  const media = audio || video ? await openMedia({ audio, video }) : undefined;
  if (abort.signal.aborted) {
    closeMedia(media);
    return undefined;
  }
  return media;
}

/** Rejected when the person hangs up, even if a browser's question about the camera is still open. */
function aborted({ abort }: Current): Promise<never> {
  return new Promise((_, reject) => abort.signal.addEventListener("abort", () => reject(abort.signal.reason)));
}

function endWords({ reason, error }: CallEnd, peer: string): string {
  const sentences: Record<CallEnd["reason"], string> = {
    "hung-up": "You hung up.",
    closed: "You hung up.",
    "peer-hung-up": `${peer} hung up.`,
    refused: `The server takes no more signals of this call. ${error?.message ?? ""}`.trim(),
    lost: `The connection to ${peer} was lost.`,
  };
  return sentences[reason];
}
