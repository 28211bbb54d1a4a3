import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, it } from "vitest";

const here = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(here, "node_modules", "typescript", "bin", "tsc");

let folder;
let installed;

/** Runs a program of Node.js, and returns what it prints; whatever fails is told with it. */
async function run(cwd, ...command) {
  try {
    return (await promisify(execFile)(process.execPath, command, { cwd })).stdout;
  } catch (failure) {
    return `${failure.stdout}${failure.stderr}`;
  }
}

/** Packs the package as it is published, and installs it where no project of this repository is above it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signalbroker-consumers-"));
  const copy = join(folder, "package");
  const leftOut = ["node_modules", "dist", "demo"].map((name) => join(here, name));
  await cp(here, copy, { recursive: true, filter: (source) => !leftOut.includes(source) });
  await symlink(join(here, "node_modules"), join(copy, "node_modules"));
  await promisify(execFile)("npm", ["pack", "--pack-destination", folder], { cwd: copy });
  await promisify(execFile)("tar", ["-xzf", "signalbroker-0.1.0.tgz", "--one-top-level=installed"], { cwd: folder });
  installed = join(folder, "installed", "package");
  await mkdir(join(installed, "node_modules", "@stomp"), { recursive: true });
  await symlink(join(here, "node_modules/@stomp/stompjs"), join(installed, "node_modules/@stomp/stompjs"));
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const program = `
import { connect, SignalBrokerError, type Call, type ConnectOptions, type Room, type Signal } from "signalbroker";

async function use(options: ConnectOptions): Promise<void> {
  const me = await connect(options);
  me.onSignal((signal: Signal) => console.log(signal.from, signal.content));
  const room: Room = await me.createRoom();
  await room.send({ hello: 1 });
  const call: Call = await me.call("bob");
  console.log(call.connection.connectionState, call.remoteStream.id, me.users());
}

use({ url: "127.0.0.1:8181" }).catch((error) => {
  console.log(error instanceof SignalBrokerError ? error.code : error);
});
`;

const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false };

it.each([
  ["node10 and CommonJS", "commonjs", { module: "CommonJS", moduleResolution: "Node10" }],
  ["node16 and CommonJS", "commonjs", { module: "Node16" }],
  ["node16 and ES modules", "module", { module: "Node16" }],
  ["a bundler", "module", { module: "ESNext", moduleResolution: "Bundler" }],
])("works in a TypeScript project with %s, without the browser's types", { timeout: 120_000 }, async (_, type, module) => {
  const project = await mkdtemp(join(folder, "project-"));
  await mkdir(join(project, "node_modules"));
  await symlink(installed, join(project, "node_modules", "signalbroker"));
  await writeFile(join(project, "package.json"), JSON.stringify({ type }));
  await writeFile(join(project, "program.ts"), program);
  const compilerOptions = { ...strict, ...module, target: "ES2018", lib: ["ES2018"], types: [], outDir: "out" };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));

  expect(await run(project, tsc)).toBe("");
  expect(await run(project, "out/program.js")).toBe("invalid-url\n");
});

it("is packed as publint wants it", async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, strict: true, pack: false });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});
