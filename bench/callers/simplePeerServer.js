// Relays signals for simplePeer.js.
import { WebSocketServer } from "ws";

const users = new Map();
new WebSocketServer({ port: Number(process.env.PORT) }).on("connection", (socket, { url }) => {
  const from = new URL(url, "ws://server").searchParams.get("user");
  users.set(from, socket);
  socket.on("close", () => users.delete(from));
  socket.on("message", (data) => {
    const { to, signal } = JSON.parse(data);
    users.get(to)?.send(JSON.stringify({ from, signal }));
  });
});
