// simple-peer makes the connection, SignalBroker carries its signals.
import { connect } from "signalbroker";
import SimplePeer from "simple-peer";

/** Listens as a user; `onPeer` gets each peer that calls or is called, and `call(userId)` calls one. */
export async function listen(url, userId, onPeer) {
  const me = await connect({ url, userId });
  const peers = new Map();

  function meet(other, initiator) {
    const peer = new SimplePeer({ initiator });
    peer.on("signal", (data) => {
      me.send(other, data, { type: "simple-peer" }).catch((error) => peer.destroy(error));
    });
    peer.on("error", (error) => console.warn(`No connection to ${other}: ${error.message}`));
    peer.on("close", () => peers.delete(other));
    peers.set(other, peer);
    onPeer(peer, other);
    return peer;
  }

  me.onSignal(({ from, type, content }) => {
    if (type === "simple-peer") {
      (peers.get(from) ?? meet(from, false)).signal(content);
    }
  });
  return { me, call: (other) => meet(other, true) };
}
