import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import openapiTS, { astToString } from "openapi-typescript";
import { afterAll, beforeAll, expect, it } from "vitest";

const modules = fileURLToPath(new URL("../node_modules", import.meta.url));
const description = new URL("../../../docs/reference/openapi.json", import.meta.url);

// What openapi-typescript makes of the API's description, as it comes, in a program that uses it.
const client = `import createClient from "openapi-fetch";
import type { components, operations, paths } from "./api";

const api = createClient<paths>({ baseUrl: "https://signal.example" });
`;

const right = `${client}
const { data: session, error } = await api.POST("/connect", { body: { userId: "alice", device: "phone" } });
if (!session) {
  const code: components["schemas"]["ErrorCode"] = error.code;
  throw new Error(code === "too-many-sessions-of-user" ? error.detail : code);
}
const headers = { Authorization: "Basic " + btoa(session.listeningKey + ":" + session.passcode) };
const { data: sent } = await api.POST("/exchange", {
  headers,
  body: { to: "bob", content: { hello: "bob" }, store: "always", receipt: "delivered" },
});
const outcome: "queued" | "notListening" | "overloaded" | "partly" | "unknown" | undefined = sent?.sessions?.[0]?.outcome;
const { data: inbox } = await api.GET("/inbox", { headers, params: { query: { after: 7, limit: 10 } } });
const sequence: number | undefined = inbox?.entries[0]?.sequence;
const joined = await api.POST("/rooms/{room}/join", { headers, params: { path: { room: "r.1" } }, body: { alias: "Fox" } });
const nodes: operations["listNodes"]["responses"][200]["content"]["application/json"] = [];
console.log(outcome, sequence, joined.data?.me, nodes[0]?.state === "ready");
`;

const wrong = `${client}
await api.POST("/exchange", { body: { to: "bob", content: 1, store: "sometimes" } });
await api.GET("/inbox", { params: { query: { limit: "many" } } });
export const code: components["schemas"]["ErrorCode"] = "no-such-code";
`;

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  target: "ES2022",
  module: "ESNext",
  moduleResolution: "Bundler",
  lib: ["ES2022", "DOM", "DOM.Iterable"],
  types: [],
};

let folder;
let complaints;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signalbroker-openapi-"));
  await symlink(modules, join(folder, "node_modules"));
  await writeFile(join(folder, "api.ts"), astToString(await openapiTS(description)));
  await writeFile(join(folder, "right.ts"), right);
  await writeFile(join(folder, "wrong.ts"), wrong);
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["right.ts", "wrong.ts"] }));
  const tsc = join(modules, "typescript", "bin", "tsc");
  const { stdout } = await promisify(execFile)(process.execPath, [tsc], { cwd: folder }).catch((failed) => failed);
  complaints = stdout.split("\n").filter((line) => line.includes("error TS"));
}, 240_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

it("becomes a client that knows bodies, answers, parameters and codes", () => {
  expect(complaints.filter((line) => !line.startsWith("wrong.ts"))).toEqual([]);
});

it("lets no wrong body, parameter or code through", () => {
  expect(complaints.filter((line) => line.startsWith("wrong.ts"))).toHaveLength(3);
});
