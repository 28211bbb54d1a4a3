import { expect, it } from "vitest";
import { maskSecrets } from "../../demo/wire/mask";

it("The log never shows a passcode or a credential", () => {
  expect(maskSecrets("CONNECT\nlogin:s.key\npasscode:secret\nhost:/\n\n")).toBe(
    "CONNECT\nlogin:s.key\npasscode:••••\nhost:/\n\n",
  );
  expect(maskSecrets('POST /exchange\nAuthorization: Basic c2VjcmV0\n\n{"to":"bob"}')).toBe(
    'POST /exchange\nAuthorization: Basic ••••\n\n{"to":"bob"}',
  );
  expect(maskSecrets('200 OK\n\n{"listeningKey":"s.k","passcode" : "se\\"cret","ack":false}')).toBe(
    '200 OK\n\n{"listeningKey":"s.k","passcode" : "••••","ack":false}',
  );
  expect(maskSecrets('{"iceServers":[{"username":"u","credential":"hush"}],"content":{"secret":"hush"}}')).toBe(
    '{"iceServers":[{"username":"u","credential":"••••"}],"content":{"secret":"••••"}}',
  );
});
