// Builds the package into dist: modules with their types for bundlers and Node.js, the same in cjs for whoever has to
// `require` it, and one file that holds all of it.
import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bundleLibrary } from "./bundle.js";

const here = fileURLToPath(new URL(".", import.meta.url));

export async function buildPackage() {
  await rm(`${here}dist`, { recursive: true, force: true });
  for (const project of ["tsconfig.package.json", "tsconfig.package.cjs.json"]) {
    execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "--project", project], {
      cwd: here,
      stdio: "inherit",
    });
  }
  await writeFile(`${here}dist/cjs/package.json`, '{ "type": "commonjs" }\n');
  await bundleLibrary();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPackage();
}
