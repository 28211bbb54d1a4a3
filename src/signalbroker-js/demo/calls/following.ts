import type { Call, CallEnd } from "../../src/index";
import type { Sequence } from "../sequence/sequence";
import { pathWords, readPath } from "./path";
import type { Stage } from "./stage";

const lookEveryMs = 1000;

/** Shows how a call is doing until it is over, and returns why it ended. */
export async function followCall(call: Call, stage: Stage, sequence: Sequence): Promise<CallEnd> {
  let connectedAt: number | undefined;
  let tellPath: (words: string) => void = () => undefined;
  const show = (): void => {
    switch (call.state.name) {
      case "connecting":
        stage.show("connecting", call.peer, "Connecting …");
        break;
      case "connected":
        connectedAt ??= performance.now();
        stage.show("connected", call.peer, "Connected");
        tellPath = sequence.direct("connected");
        void look();
        break;
      case "reconnecting":
        stage.show("reconnecting", call.peer, "The connection is interrupted; looking for another path …");
        break;
    }
  };
  const look = async (): Promise<void> => {
    const path = readPath(await call.connection.getStats());
    if (call.state.name === "ended") {
      return;
    }
    stage.showPath(path);
    stage.showDuration(connectedAt === undefined ? 0 : performance.now() - connectedAt);
    if (path && call.state.name === "connected") {
      tellPath(`connected: ${pathWords(path)}`);
    }
  };

  stage.showDuration(0);
  show();
  const stop = call.onState(show);
  const ticker = setInterval(() => void look(), lookEveryMs);
  try {
    return await call.ended;
  } finally {
    stop();
    clearInterval(ticker);
  }
}
