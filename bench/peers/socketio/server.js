// A Socket.IO relay: each user has a room, and a signal goes to its addressee's room.
// usage: node server.js <port> [port of Redis]
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [port, redisPort] = process.argv.slice(2);

const httpServer = createServer();
const io = new Server(httpServer, {
  transports: ["websocket"],
  adapter: redisPort ? await connectToRedis(redisPort) : undefined,
});

io.on("connection", (socket) => {
  socket.join(socket.handshake.auth.userId);
  socket.on("signal", (to, content, answer) => {
    io.to(to).emit("signal", content);
    answer();
  });
});

httpServer.listen(Number(port), "127.0.0.1");

async function connectToRedis(port) {
  const publisher = createClient({ url: `redis://127.0.0.1:${port}` });
  const subscriber = publisher.duplicate();
  for (const client of [publisher, subscriber]) {
    client.on("error", (error) => console.error(error.message));
  }
  await Promise.all([publisher.connect(), subscriber.connect()]);
  return createAdapter(publisher, subscriber);
}
