const dots = "••••";

const secrets: readonly RegExp[] = [
  /^(passcode:).*$/gim, // a STOMP header, or MQTT's password
  /^(authorization:\s*\S+\s+).*$/gim, // an HTTP header
  /("(?:passcode|credential|secret)"\s*:\s*")(?:[^"\\]|\\.)*/gi, // members of a session, a TURN server, a call
];

/** Replaces every passcode and credential in what went over the wire, so that a log may show it. */
export function maskSecrets(text: string): string {
  return secrets.reduce((masked, secret) => masked.replace(secret, `$1${dots}`), text);
}
