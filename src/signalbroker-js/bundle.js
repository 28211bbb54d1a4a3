// Bundles the library and what it needs into one file, dist/signalbroker.min.js, for pages without a bundler; and MQTT,
// which is loaded where the server offers it, into dist/signalbroker.mqtt.min.js beside it.
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const main = "signalbroker.min.js";
const mqtt = "signalbroker.mqtt.min.js";

/** The files that a page without a bundler needs. */
export const bundles = [main, mqtt];

/** The most that the bundle may weigh when it is compressed, and the part that is loaded later. */
export const limitBytes = 25 * 1024;
export const mqttLimitBytes = 6 * 1024;

/** Where MQTT's part of the library begins, and how a bundle without it loads it. */
export const mqttSource = path("src/transports/mqtt.ts");

/** Leaves MQTT out of a bundle, which loads it from this address. */
export const mqttFrom = (address) => ({
  name: "mqtt",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/mqtt\.js$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: address, external: true } : undefined,
    ),
});

export async function bundleLibrary() {
  await bundle(path("src/index.ts"), main);
  await bundle(mqttSource, mqtt);
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
    plugins: [mqttFrom(`./${mqtt}`)],
    // Its modules, of which only some are needed, instead of its one old-fashioned file for browsers.
    alias: { "@stomp/stompjs": path("node_modules/@stomp/stompjs/esm6/index.js") },
  });
  const { code, map } = await minify(await readFile(file, "utf8"), {
    ecma: 2020,
    module: true,
    compress: {
      passes: 3,
      // What the STOMP client says to whom debugs it; nobody can hear it here.
      pure_funcs: ["this.debug", "this._debug"],
      drop_console: true,
      // Functions that stand together compress better.
      hoist_funs: true,
    },
    // The STOMP client's private members; the library has none of such names.
    mangle: { properties: { regex: /^_[^_]/ } },
    sourceMap: { content: await readFile(`${file}.map`, "utf8"), url: `${basename(file)}.map` },
  });
  await writeFile(file, code);
  await writeFile(`${file}.map`, map);
}

/** What one of the bundles weighs, in bytes. */
export async function weigh(name = main) {
  const bytes = await readFile(path(`dist/${name}`));
  return { minified: bytes.length, compressed: gzipSync(bytes, { level: 9 }).length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleLibrary();
  const kib = (count) => `${(count / 1024).toFixed(1)} KiB`;
  for (const [name, limit] of [[main, limitBytes], [mqtt, mqttLimitBytes]]) {
    const { minified, compressed } = await weigh(name);
    console.log(`${name}: ${kib(minified)} minified, ${kib(compressed)} with gzip; the limit is ${kib(limit)}`);
    process.exitCode ||= compressed > limit ? 1 : 0;
  }
}
