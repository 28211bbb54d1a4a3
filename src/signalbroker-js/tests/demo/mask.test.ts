import { expect, it } from "vitest";
import { maskSecrets } from "../../demo/wire/mask";
import { packetText } from "../../demo/wire/mqttText";
import { join, packetTypes, writeNumber, writePayload, writeText } from "../../src/transports/mqttPackets";

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

it("The log shows MQTT's packets as text, and no password", () => {
  const login = [writeText("MQTT"), Uint8Array.of(4, 0xc2), writeNumber(30), ...["s.k", "s.k", "hush"].map(writeText)];
  expect(maskSecrets(packetText(packetTypes.connect, join(login), 0) ?? "")).toBe(
    "CONNECT\nclient:s.k\nuser:s.k\npasscode:••••",
  );
  const subscribe = join([writeNumber(1), writeText("s.k"), Uint8Array.of(0)]);
  expect(packetText(packetTypes.subscribe, subscribe, 2)).toBe("SUBSCRIBE\ntopic:s.k");
  const signal = join([writeText("signals"), writeNumber(7), writePayload('{"ü":1}')]);
  expect(packetText(packetTypes.publish, signal, 2)).toBe('PUBLISH\ntopic:signals\n\n{"ü":1}');
  expect(packetText(packetTypes.puback, writeNumber(7), 0)).toBe("PUBACK\nid:7");
  expect(packetText(packetTypes.pingreq, new Uint8Array(), 0)).toBeUndefined();
});
