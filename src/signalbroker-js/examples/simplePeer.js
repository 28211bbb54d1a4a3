// simple-peer makes the connection, SignalBroker carries its signals.
import { connect } from "signalbroker";
import SimplePeer from "simple-peer";

/** `onPeer` gets each peer; when two users call each other at once, the call of the lower user id stays. */
export async function listen(url, userId, onPeer) {
  const me = await connect({ url, userId });
  const peers = new Map();
  function meet(other, call, initiator) {
    peers.get(other)?.destroy();
    const peer = Object.assign(new SimplePeer({ initiator }), { call });
    const send = (data) => me.send(other, { call, data }, { type: "simple-peer" });
    peer.on("signal", (data) => void send(data).catch((error) => peer.destroy(error)));
    peer.on("error", (error) => console.warn(`No connection to ${other}: ${error.message}`));
    peer.on("close", () => peers.get(other) === peer && peers.delete(other));
    peers.set(other, peer);
    onPeer(peer, other);
    return peer;
  }
  me.onSignal(({ from, type, content }) => {
    if (type !== "simple-peer") return;
    const { call, data } = content;
    const peer = peers.get(from);
    const isMine = peer?.initiator && !peer.connected && me.userId < from;
    if (peer?.call === call) peer.signal(data);
    else if (data.type === "offer" && !isMine) meet(from, call, false).signal(data);
  });
  return { me, call: (other) => meet(other, `${userId} ${Math.random()}`, true) };
}
