// Bundles the library and what it needs into one file, dist/signalbroker.min.js, for pages without a bundler; and beside it
// what is loaded later: MQTT, where the server offers it; what moves a session, when the server asks for it; and what finds the
// nearest region, when the application asks for it.
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const main = "signalbroker.min.js";
const mqtt = "signalbroker.mqtt.min.js";
const move = "signalbroker.move.min.js";
const regions = "signalbroker.regions.min.js";

/** The files that a page without a bundler needs. */
export const bundles = [main, mqtt, move, regions];

/** The most that each may weigh when it is compressed. */
export const limitBytes = { [main]: 25 * 1024, [mqtt]: 6 * 1024, [move]: 3 * 1024, [regions]: 1024 };

/** Where the parts begin that are loaded later, by the names under which the library imports them. */
export const parts = {
  "./mqtt.js": path("src/transports/mqtt.ts"),
  "./move.js": path("src/listening/move.ts"),
  "./regions.js": path("src/transports/regions.ts"),
};

/** Leaves these parts out of a bundle, which loads them from these addresses. */
export const partsFrom = (addresses) => ({
  name: "parts",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/(mqtt|move|regions)\.js$/ }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path: addresses[path], external: true } : undefined,
    ),
});

// The STOMP client's private members, and the long names of its options: nothing outside of this bundle uses such names.
const stompsOwn = new RegExp(
  `^(_[^_].*|${[
    "appendMissingNULLonIncoming",
    "discardWebsocket",
    "discardWebsocketOnCommFailure",
    "forceBinaryWSFrames",
    "heartbeatIncoming",
    "heartbeatOutgoing",
    "heartbeatToleranceMultiplier",
    "logRawCommunication",
    "maxReconnectDelay",
    "maxWebSocketChunkSize",
    "onHeartbeatLost",
    "onHeartbeatReceived",
    "onUnhandledFrame",
    "onUnhandledMessage",
    "onUnhandledReceipt",
    "onWebSocketClose",
    "onWebSocketError",
    "reconnectDelay",
    "reconnectTimeMode",
    "splitLargeFrames",
    "stompVersions",
  ].join("|")})$`,
);

export async function bundleLibrary() {
  await bundle(path("src/index.ts"), main);
  await bundle(parts["./mqtt.js"], mqtt);
  await bundle(parts["./move.js"], move);
  await bundle(parts["./regions.js"], regions);
}

async function bundle(source, name) {
  const file = path(`dist/${name}`);
  await build({
    entryPoints: [source],
    outfile: file,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    sourcemap: true,
    logLevel: "warning",
    plugins: [partsFrom({ "./mqtt.js": `./${mqtt}`, "./move.js": `./${move}`, "./regions.js": `./${regions}` })],
    // Its modules, of which only some are needed, instead of its one old-fashioned file for browsers.
    alias: { "@stomp/stompjs": path("node_modules/@stomp/stompjs/esm6/index.js") },
  });
  const { code, map } = await minify(await readFile(file, "utf8"), {
    ecma: 2020,
    module: true,
    compress: {
      // A third pass makes the code shorter, but no more compressible.
      passes: 2,
      // What the STOMP client says to whom debugs it; nobody can hear it here.
      pure_funcs: ["this.debug", "this._debug"],
      drop_console: true,
      // Functions that stand together compress better.
      hoist_funs: true,
    },
    mangle: { properties: { regex: stompsOwn } },
    sourceMap: { content: await readFile(`${file}.map`, "utf8"), url: `${basename(file)}.map` },
  });
  await writeFile(file, code);
  await writeFile(`${file}.map`, map);
}

/** What one of the bundles weighs, in bytes. */
export async function weigh(name) {
  const bytes = await readFile(path(`dist/${name}`));
  return { minified: bytes.length, compressed: gzipSync(bytes, { level: 9 }).length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleLibrary();
  const kib = (count) => `${(count / 1024).toFixed(1)} KiB`;
  for (const [name, limit] of Object.entries(limitBytes)) {
    const { minified, compressed } = await weigh(name);
    console.log(`${name}: ${kib(minified)} minified, ${kib(compressed)} with gzip; the limit is ${kib(limit)}`);
    process.exitCode ||= compressed > limit ? 1 : 0;
  }
}
