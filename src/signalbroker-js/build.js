// Builds the package, and the demo page and the library into the webapp's wwwroot (the folder holds nothing else and is
// not committed).
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildPackage } from "./buildPackage.js";
import { bundles, parts, partsFrom } from "./bundle.js";

const here = dirname(fileURLToPath(import.meta.url));
const demo = join(here, "demo");
const wwwroot = join(here, "..", "SignalBroker", "wwwroot");

const shared = {
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: true,
  metafile: true,
  entryNames: "[name]-[hash]",
  outdir: join(wwwroot, "app"),
  logLevel: "warning",
};

/** Bundles one source file and returns the address of the result, as the page writes it. */
async function bundle(source, plugins = []) {
  const { metafile } = await build({ ...shared, plugins, entryPoints: [resolve(demo, source)] });
  const [output] = Object.entries(metafile.outputs).find(([, info]) => info.entryPoint);
  return `app/${basename(output)}`;
}

await rm(wwwroot, { recursive: true, force: true });
await mkdir(wwwroot, { recursive: true });

const icon = "icon.svg";
const style = await bundle("style.css");
const addresses = {};
for (const [name, source] of Object.entries(parts)) {
  addresses[name] = `./${basename(await bundle(source))}`;
}
const script = await bundle("main.ts", [partsFrom(addresses)]);

const html = (await readFile(join(demo, "index.html"), "utf8"))
  .replaceAll("style.css", style)
  .replaceAll("main.ts", script)
  .replaceAll("icon.svg", icon);

await buildPackage();
// The library, for whoever has no bundler.
for (const file of bundles.flatMap((name) => [name, `${name}.map`])) {
  await copyFile(join(here, "dist", file), join(wwwroot, file));
}
// What shows pushes, to try them: a service worker has to come from the page's own origin.
await copyFile(join(here, "examples", "serviceWorker.js"), join(wwwroot, "serviceWorker.js"));
await writeFile(join(wwwroot, "index.html"), html);
await writeFile(join(wwwroot, icon), await readFile(join(demo, "icon.svg")));
console.log(`The demo page is in ${wwwroot}`);
