import { expect, it } from "vitest";
import { createHttp } from "../../src/base/http";

/** What is thrown for an answer. */
function answered(status: number, body: string, headers: HeadersInit = {}): Promise<unknown> {
  const http = createHttp("https://signal.example/", () => Promise.resolve(new Response(body, { status, headers })));
  return http.request("POST", "connect").catch((error: unknown) => error);
}

it.each([401, 403, 404, 429, 500, 502])("treats a %s without a code as a gateway's", async (status) => {
  const page = await answered(status, "<h1>default backend</h1>", { "Retry-After": "2" });
  expect(page).toMatchObject({ code: "unreachable", status, retryAfterMs: 2000 });
  expect(await answered(status, '{"code":"refused"}')).toMatchObject({ code: "refused", status });
});

it("does not retry a body that is too large", async () => {
  expect(await answered(413, "<h1>Request Entity Too Large</h1>")).toMatchObject({ code: "payload-too-large" });
});

it.each(["POST", "GET"] as const)("does not accept a page as the answer to a %s", async (method) => {
  const page = (): Promise<Response> =>
    Promise.resolve(new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } }));
  await expect(createHttp("https://signal.example/", page).json(method, "exchange")).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("text/html") as string,
  });
});

it("accepts an empty answer", async () => {
  const empty = (): Promise<Response> => Promise.resolve(new Response(null, { status: 204 }));
  expect(await createHttp("https://signal.example/", empty).request("POST", "disconnect")).toEqual({});
});
