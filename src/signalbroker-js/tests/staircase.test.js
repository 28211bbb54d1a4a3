import { readFileSync } from "node:fs";
import { cruise } from "dependency-cruiser";
import { expect, it } from "vitest";

// Who may use whom, from the top down to the ground.
const steps = readTable();
const found = await readArrows();

it("names only lower steps in the table", () => {
  steps.forEach(([folder, ...uses], step) => {
    const below = steps.slice(step + 1).map(([lower]) => lower);
    expect(below, folder).toEqual(expect.arrayContaining(uses));
  });
});

it("has the arrows of the table and no others", () => {
  expect([...found].sort()).toEqual(steps.flatMap(([folder, ...uses]) => uses.map((used) => `${folder} → ${used}`)).sort());
});

function readTable() {
  const page = readFileSync(new URL("../../../CONTRIBUTING.md", import.meta.url), "utf8");
  const table = /^```staircase signalbroker-js\n(.*?)^```$/ms.exec(page)?.[1] ?? "";
  return table
    .trim()
    .split("\n")
    .map((line) => line.split(/[ →]+/).filter((word) => word !== ""));
}

// What imports only types is an arrow as well. The files beside the folders put the client together: nobody uses those.
async function readArrows() {
  const { output } = await cruise(["src"], { tsPreCompilationDeps: true, doNotFollow: { path: "node_modules" } });
  const arrows = new Set();
  for (const { source, dependencies } of output.modules) {
    for (const { resolved } of dependencies) {
      const [from, to] = [folderOf(source), folderOf(resolved)];
      if (from && to && from !== to) {
        arrows.add(`${from} → ${to}`);
      }
    }
  }
  return arrows;
}

function folderOf(path) {
  const [, folder] = /^src\/(?:([^/]+)\/)?[^/]+$/.exec(path) ?? [];
  return folder ?? (path.startsWith("src/") ? "client" : undefined);
}
