import { createEmitter, type Unsubscribe } from "../base/emitter.js";

/** The tracks that a peer sends over a connection. */
export function createTracks(connection: RTCPeerConnection) {
  const remoteStream = new MediaStream();
  const tracks = createEmitter<RTCTrackEvent>();
  const events: RTCTrackEvent[] = [];
  connection.ontrack = (event) => {
    remoteStream.addTrack(event.track);
    for (const stream of event.streams) {
      stream.onremovetrack = ({ track }) => remoteStream.removeTrack(track);
    }
    events.push(event);
    tracks.emit(event);
  };
  return {
    remoteStream,
    /** Reports every track, including those that are already there. */
    on(handler: (event: RTCTrackEvent) => void): Unsubscribe {
      events.forEach(handler);
      return tracks.on(handler);
    },
  };
}

/** Sends a stream's tracks, except those that are sent already. */
export function addMedia(connection: RTCPeerConnection, stream: MediaStream): void {
  const sent = connection.getSenders().map(({ track }) => track);
  for (const track of stream.getTracks().filter((candidate) => !sent.includes(candidate))) {
    connection.addTrack(track, stream);
  }
}
