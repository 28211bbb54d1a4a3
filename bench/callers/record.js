// Prints what two pages in Chromium send when one calls the other with a camera: who, after how many ms, how many
// characters, and what.
// usage: node record.js signalbroker <address of a webapp> | peerjs | simplePeer
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const [caller, address] = process.argv.slice(2);
const start = { signalbroker: async () => address, peerjs: startPeerServer, simplePeer: startSimplePeerServer }[caller];
const server = await start();
const origin = await servePage(await bundle());
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"],
});
const sent = [];
const [alice, bob] = [await open("alice"), await open("bob")];
// What a client does besides, once it listens, is no part of the call.
await wait(3000);
const begun = performance.now();
await alice.evaluate(() => void window.call("bob"));
await Promise.all([alice, bob].map((page) => page.waitForFunction(() => document.querySelector("video").videoWidth > 0)));
// The last candidates may come after the picture.
await wait(2000);
for (const { user, at, text } of sent.filter(({ at }) => at >= begun)) {
  console.log(`${user} ${Math.round(at - begun)} ms ${text.length}: ${text}`);
}
process.exit();

async function open(user) {
  const page = await (await browser.newContext()).newPage();
  const note = (text) => text && sent.push({ user, at: performance.now(), text: String(text) });
  page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => note(payload)));
  page.on("request", (request) => note(request.postData()));
  page.on("pageerror", (error) => console.error(user, error));
  await page.goto(origin);
  await page.evaluate(
    async ([server, user]) => {
      const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      const show = (stream) => (document.querySelector("video").srcObject = stream);
      window.call = await window.talk(server, user, media, show);
    },
    [server, user],
  );
  return page;
}

async function bundle() {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { talk } from "./${caller}.js"; window.talk = talk;`,
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
    },
    alias: { "simple-peer": "simple-peer/simplepeer.min.js" },
    bundle: true,
    format: "esm",
    write: false,
  });
  return outputFiles[0].text.replaceAll("</script", "<\\/script");
}

async function servePage(script) {
  const html = `<!doctype html><video autoplay muted></video><script type="module">${script}</script>`;
  const pages = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(html));
  await once(pages.listen(Number(process.env.PAGE_PORT ?? 0), "127.0.0.1"), "listening");
  return `http://127.0.0.1:${pages.address().port}`;
}

async function startPeerServer() {
  const { PeerServer } = await import("peer");
  const port = 9123;
  PeerServer({ host: "127.0.0.1", port, path: "/" });
  return { hostname: "127.0.0.1", port };
}

async function startSimplePeerServer() {
  process.env.PORT = "9124";
  await import("./simplePeerServer.js");
  return "ws://127.0.0.1:9124";
}
