// A chat in the terminal: node examples/chat.js http://127.0.0.1:8080 alice
// Type "bob hello" to say hello to bob.
import { createInterface } from "node:readline";
import { connect } from "signalbroker";
import WebSocket from "ws";

const [url, userId] = process.argv.slice(2);
const me = await connect({
  url,
  userId,
  openSocket: (address, protocols) => new WebSocket(address, protocols),
  onState: (state) => console.log(`* ${state.name} ${state.session?.listeningAddress ?? state.problem?.reason ?? ""}`),
});
me.onSignal(({ from, content }) => console.log(`${from}: ${content}`));

for await (const line of createInterface({ input: process.stdin })) {
  const [to, ...words] = line.split(" ");
  me.send(to, words.join(" ")).then(
    ({ sessions }) => console.log(`> ${sessions.map(({ outcome }) => outcome)}`),
    ({ code }) => console.log(`> ${code}`),
  );
}
await me.close();
