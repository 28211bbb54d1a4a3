import { numberAt, packetTypes, readPublish } from "../../src/transports/mqttPackets";

const decoder = new TextDecoder();

const names: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(packetTypes).map(([name, type]) => [type, name.toUpperCase()]),
);

/** Where the texts of a CONNECT begin: after the protocol's name and level, the flags and the keep-alive. */
const connectHead = 10;

/** A packet of MQTT as text: its name, what it says, and perhaps a payload; undefined for a heart-beat. */
export function packetText(type: number, body: Uint8Array, flags: number): string | undefined {
  const name = names[type] ?? `packet of type ${type}`;
  switch (type) {
    case packetTypes.pingreq:
    case packetTypes.pingresp:
      return undefined;
    case packetTypes.connect: {
      const [client, user, passcode] = textsIn(body.subarray(connectHead));
      return `${name}\nclient:${client}\nuser:${user}\npasscode:${passcode}`;
    }
    case packetTypes.connack:
      return `${name}\ncode:${body[1]}`;
    case packetTypes.subscribe:
      return `${name}\ntopic:${textsIn(body.subarray(2))[0]}`;
    case packetTypes.suback:
      return `${name}\ncode:${body[2]}`;
    case packetTypes.publish: {
      const { topic, payload } = readPublish(body, flags);
      return `${name}\ntopic:${topic}\n\n${payload}`;
    }
    case packetTypes.puback:
      return `${name}\nid:${numberAt(body, 0)}`;
    default:
      return name;
  }
}

function textsIn(bytes: Uint8Array): string[] {
  const texts: string[] = [];
  for (let rest = bytes; rest.length >= 2; ) {
    const end = 2 + numberAt(rest, 0);
    texts.push(decoder.decode(rest.subarray(2, end)));
    rest = rest.subarray(end);
  }
  return texts;
}
