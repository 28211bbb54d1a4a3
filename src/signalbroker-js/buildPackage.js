// Builds the package into dist: modules with their types for bundlers and Node.js, and one file that holds all of it.
import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bundleLibrary } from "./bundle.js";

const here = fileURLToPath(new URL(".", import.meta.url));

export async function buildPackage() {
  await rm(`${here}dist`, { recursive: true, force: true });
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "--project", "tsconfig.package.json"], {
    cwd: here,
    stdio: "inherit",
  });
  await bundleLibrary();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPackage();
}
