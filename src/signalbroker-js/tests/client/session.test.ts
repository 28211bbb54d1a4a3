import { expect, it } from "vitest";
import { createHttp } from "../../src/base/http";
import { openSession, type Identity } from "../../src/listening/session";
import { createTokens, type TokenSource } from "../../src/listening/tokens";

const opened = { userId: "u", listeningAddress: "ws://node/ws", listeningKey: "s.1", passcode: "p" };
const anonymous: Identity = { userId: "anonymous.1", isGiven: true };

/** Opens a session at a webapp that refuses first, as often as there are codes, perhaps empty ones; returns what it was asked. */
async function open(identity: Identity, token: TokenSource | undefined, ...codes: string[]): Promise<string[]> {
  const asked: string[] = [];
  const http = createHttp("https://signal.example/", (_, init) => {
    asked.push(`${new Headers(init?.headers).get("Authorization") ?? "-"} ${String(init?.body)}`);
    const code = codes.shift();
    const refusal = code === "" ? {} : { code };
    return Promise.resolve(code === undefined ? Response.json(opened) : Response.json(refusal, { status: 401 }));
  });
  try {
    await openSession(http, identity, createTokens(token));
  } catch (error) {
    asked.push(String((error as { code: string }).code));
  }
  return asked;
}

it("asks once for another token when the webapp refuses the last one", async () => {
  let number = 0;
  const next = (): string => `token-${++number}`;
  const alice: Identity = { userId: "alice", isGiven: false };
  expect(await open(alice, next, "token-expired")).toEqual([
    'Bearer token-1 {"userId":"alice"}',
    'Bearer token-2 {"userId":"alice"}',
  ]);
  expect((await open(alice, next, "token-invalid", "token-invalid")).at(-1)).toBe("token-invalid");
  expect(await open(alice, "fixed", "token-expired")).toEqual(['Bearer fixed {"userId":"alice"}', "token-expired"]);
});

it("gives up only a name that the webapp gave, if it now needs a token", async () => {
  expect(await open(anonymous, undefined)).toEqual(['- {"userId":"anonymous.1"}']);
  expect(await open(anonymous, undefined, "token-missing")).toEqual(['- {"userId":"anonymous.1"}', "- {}"]);
  expect(await open({ ...anonymous, isGiven: false }, undefined, "token-missing")).toEqual([
    '- {"userId":"anonymous.1"}',
    "token-missing",
  ]);
});

it("keeps its token if only a gateway wants another one", async () => {
  let number = 0;
  const next = (): string => `token-${++number}`;
  expect(await open({ userId: "alice", isGiven: false }, next, "")).toEqual([
    'Bearer token-1 {"userId":"alice"}',
    "unreachable",
  ]);
});

it("resumes nothing without a line", async () => {
  const alice: Identity = { userId: "alice", isGiven: false, resumes: true };
  expect(await open(alice, undefined)).toEqual(['- {"userId":"alice","resumes":false}']);
  expect(await open({ ...alice, line: "l" }, undefined)).toEqual(['- {"userId":"alice","line":"l","resumes":true}']);
});
