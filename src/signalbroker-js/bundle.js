// Bundles the library and what it needs into one file, dist/signalbroker.min.js, for pages without a bundler.
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const bundle = path("dist/signalbroker.min.js");

/** The most that the bundle may weigh when it is compressed. */
export const limitBytes = 25 * 1024;

export async function bundleLibrary() {
  await build({
    entryPoints: [path("src/index.ts")],
    outfile: bundle,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    sourcemap: true,
    logLevel: "warning",
    // Its modules, of which only some are needed, instead of its one old-fashioned file for browsers.
    alias: { "@stomp/stompjs": path("node_modules/@stomp/stompjs/esm6/index.js") },
  });
  const { code, map } = await minify(await readFile(bundle, "utf8"), {
    ecma: 2020,
    module: true,
    // What the STOMP client says to whom debugs it; nobody can hear it here.
    compress: { passes: 3, pure_funcs: ["this.debug"] },
    // The STOMP client's private members; the library has none of such names.
    mangle: { properties: { regex: /^_[^_]/ } },
    sourceMap: { content: await readFile(`${bundle}.map`, "utf8"), url: `${basename(bundle)}.map` },
  });
  await writeFile(bundle, code);
  await writeFile(`${bundle}.map`, map);
}

/** What the bundle weighs, in bytes. */
export async function weigh() {
  const bytes = await readFile(bundle);
  return { minified: bytes.length, compressed: gzipSync(bytes, { level: 9 }).length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleLibrary();
  const { minified, compressed } = await weigh();
  const kib = (count) => `${(count / 1024).toFixed(1)} KiB`;
  console.log(`${kib(minified)} minified, ${kib(compressed)} with gzip; the limit is ${kib(limitBytes)}`);
  process.exitCode = compressed > limitBytes ? 1 : 0;
}
