// The same with PeerJS and its PeerServer.
import { Peer } from "peerjs";

export async function talk({ hostname, port }, userId, media, show) {
  const peer = new Peer(userId, { host: hostname, port, path: "/" });
  await new Promise((resolve, reject) => peer.on("open", resolve).on("error", reject));
  peer.on("call", (call) => {
    call.answer(media);
    call.on("stream", show);
  });
  return (other) => peer.call(other, media).on("stream", show);
}
