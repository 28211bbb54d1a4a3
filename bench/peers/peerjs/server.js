// A PeerJS server as its documentation starts it; only the limit of 5,000 clients is raised.
// usage: node server.js <port>
import { PeerServer } from "peer";

const [port] = process.argv.slice(2);

PeerServer({ host: "127.0.0.1", port: Number(port), path: "/", concurrent_limit: 50_000 });
