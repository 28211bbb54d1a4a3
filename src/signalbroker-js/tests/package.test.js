import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { bundleLibrary, bundles, limitBytes, weigh } from "../bundle.js";

const here = new URL("..", import.meta.url);
const [main, mqtt, move, regions] = bundles;

it("has no error of types: the library, the demo page and the tests", { timeout: 120_000 }, () => {
  const tsc = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "--noEmit"], { cwd: here });
  expect(String(tsc.stdout)).toBe("");
  expect(tsc.status).toBe(0);
});

it("weighs at most 25 KiB with gzip, its dependency included", { timeout: 60_000 }, async () => {
  await bundleLibrary();
  expect(limitBytes[main]).toBe(25 * 1024);
  expect((await weigh(main)).compressed).toBeLessThanOrEqual(limitBytes[main]);
});

it.each([
  ["MQTT", 6, mqtt, "createMqttTransport"],
  ["what moves a session", 3, move, "createMover"],
  ["what finds the nearest region", 1, regions, "findNearest"],
])("loads %s, of at most %i KiB with gzip, from a file beside it", async (_, limit, part, entry) => {
  expect(limitBytes[part]).toBe(limit * 1024);
  expect((await weigh(part)).compressed).toBeLessThanOrEqual(limitBytes[part]);
  const code = await readFile(new URL(`dist/${main}`, here), "utf8");
  expect(code).toContain(`import("./${part}")`);
  expect(Object.keys(await import(new URL(`dist/${part}`, here).href))).toEqual([entry]);
});

it("carries simple-peer's signals in less than 30 lines", async () => {
  const example = await readFile(new URL("examples/simplePeer.js", here), "utf8");
  expect(example.trim().split("\n").length).toBeLessThan(30);
});

it("goes out with its license, the project's", async () => {
  const license = await readFile(new URL("LICENSE", here), "utf8");
  expect(license).toBe(await readFile(new URL("../../LICENSE", here), "utf8"));
  expect(JSON.parse(await readFile(new URL("package.json", here), "utf8")).files).toContain("LICENSE");
});
