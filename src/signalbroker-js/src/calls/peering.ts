import type { SignalBrokerError } from "../base/errors.js";
import { createAbsence } from "./absence.js";
import { channelsOf, createChannels } from "./channels.js";
import type { ReceivedContent } from "./content.js";
import type { LiveCallParts } from "./liveCall.js";
import { createNegotiation } from "./negotiation.js";
import { addMedia, createTracks } from "./tracks.js";

/**
 * A call's connection, with what both ends bring into it.
 * @param onRefused the server refuses a description
 * @param lose the other end has been gone for too long
 */
export function createPeering(
  { line, media, otherChannels, createConnection }: LiveCallParts,
  onRefused: (error: SignalBrokerError, isAnswer: boolean) => void,
  lose: () => void,
) {
  const { role } = line;
  const connection = createConnection();
  const channels = createChannels(connection);
  const tracks = createTracks(connection);
  const absence = createAbsence(connection, lose);
  const negotiation = createNegotiation({
    connection,
    // Fixed by who rang first, so both ends agree on it whatever their sessions become.
    polite: role === "callee",
    send: async (content) => absence.notice(await line.toSession(content)),
    onFirstOffer() {
      // Only now, so that an offer of its own does not cross the caller's.
      if (role === "callee") {
        bringOwn();
      }
    },
    onRefused,
  });
  if (role === "caller") {
    try {
      bringOwn();
    } catch (error) {
      negotiation.close();
      throw error;
    }
  }

  return {
    connection,
    channels,
    tracks,
    receive(content: ReceivedContent): void {
      absence.end();
      if (content.kind === "negotiate") {
        void negotiation.receive(content);
      } else if (content.kind === "resume" || content.kind === "resumed") {
        if (content.kind === "resume") {
          void line.toSession({ kind: "resumed" });
        }
        negotiation.resync();
      }
    },
    close(error: Error): void {
      absence.end();
      connection.onconnectionstatechange = null;
      negotiation.close();
      channels.close(error);
    },
  };

  function bringOwn(): void {
    if (media.media) {
      addMedia(connection, media.media);
    }
    for (const label of channelsOf(media, role)) {
      if (!otherChannels.includes(label)) {
        void channels.open(label).catch(() => undefined);
      }
    }
  }
}
