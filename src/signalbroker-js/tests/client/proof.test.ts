import { expect, it } from "vitest";
import { proofOf } from "../../src/calls/proof";
import { hmacSha256, sha256 } from "../../src/calls/sha256";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hex = (digest: Uint8Array): string => Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");

// FIPS 180-4's examples, and lengths around the ends of a block against the platform's own.
it("computes SHA-256", async () => {
  expect(hex(sha256(bytes("")))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(hex(sha256(bytes("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  for (const length of [55, 56, 63, 64, 65, 119, 120, 128, 500]) {
    const message = Uint8Array.from({ length }, (_, place) => (place * 7 + length) % 256);
    expect(hex(sha256(message))).toBe(hex(new Uint8Array(await crypto.subtle.digest("SHA-256", message))));
  }
});

// RFC 4231, test cases 1, 2, 3 and 6.
it.each([
  ["0b".repeat(20), "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  [
    "4a656665",
    hex(bytes("what do ya want for nothing?")),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  ["aa".repeat(20), "dd".repeat(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
  [
    "aa".repeat(131),
    hex(bytes("Test Using Larger Than Block-Size Key - Hash Key First")),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
])("computes HMAC-SHA-256 (key %s)", (key, message, expected) => {
  const parse = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  expect(hex(hmacSha256(parse(key), parse(message)))).toBe(expected);
});

it("proves one session, in one role, of one call", () => {
  const proofs = [
    proofOf("secret", "call", "caller", "s.1"),
    proofOf("secret", "call", "caller", "s.2"),
    proofOf("secret", "call", "callee", "s.1"),
    proofOf("secret", "other", "caller", "s.1"),
    proofOf("guess", "call", "caller", "s.1"),
  ];
  expect(new Set(proofs).size).toBe(5);
  expect(proofOf("secret", "call", "caller", "s.1")).toBe(proofs[0]);
  expect(proofs[0]).toMatch(/^[\w-]{43}$/);
});
