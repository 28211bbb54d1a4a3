// The same with simple-peer, which carries no signals: the socket to simplePeerServer.js does.
import SimplePeer from "simple-peer";

export async function talk(url, userId, media, show) {
  const socket = new WebSocket(`${url}?user=${userId}`);
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
  const peers = new Map();
  function meet(other, initiator) {
    const peer = new SimplePeer({ initiator, stream: media });
    peer.on("signal", (signal) => socket.send(JSON.stringify({ to: other, signal })));
    peer.on("stream", show);
    peer.on("close", () => peers.delete(other));
    peers.set(other, peer);
    return peer;
  }
  socket.onmessage = ({ data }) => {
    const { from, signal } = JSON.parse(data);
    (peers.get(from) ?? meet(from, false)).signal(signal);
  };
  return (other) => meet(other, true);
}
