/** The path that a connection has taken, and how it is doing. */
export interface Path {
  kind: "host" | "srflx" | "prflx" | "relay";
  /** The kinds of the two ends' candidates. */
  local: string;
  remote: string;
  protocol: string;
  roundTripMs: number | undefined;
  video: { width: number; height: number; framesPerSecond: number } | undefined;
}

type Stats = Record<string, unknown>;

/** Reads the selected candidate pair out of a connection's statistics; undefined while there is none. */
export function readPath(report: Iterable<readonly [string, unknown]>): Path | undefined {
  const stats = new Map(report as Iterable<readonly [string, Stats]>);
  const all = [...stats.values()];
  const selected = all.find(({ type, selectedCandidatePairId }) => type === "transport" && selectedCandidatePairId);
  const pair =
    stats.get(String(selected?.["selectedCandidatePairId"])) ??
    // Firefox marks the pair itself.
    all.find(({ type, selected, nominated, state }) => {
      return type === "candidate-pair" && (selected === true || (nominated === true && state === "succeeded"));
    });
  const local = stats.get(String(pair?.["localCandidateId"]));
  const remote = stats.get(String(pair?.["remoteCandidateId"]));
  if (!pair || !local || !remote) {
    return undefined;
  }
  const kinds = [String(local["candidateType"]), String(remote["candidateType"])] as const;
  const roundTrip = pair["currentRoundTripTime"];
  return {
    kind: (["relay", "srflx", "prflx"] as const).find((kind) => kinds.includes(kind)) ?? "host",
    local: kinds[0],
    remote: kinds[1],
    protocol: String(local["relayProtocol"] ?? local["protocol"] ?? ""),
    roundTripMs: typeof roundTrip === "number" ? roundTrip * 1000 : undefined,
    video: videoOf(all),
  };
}

function videoOf(all: Stats[]): Path["video"] {
  const video = all.find(({ type, kind }) => type === "inbound-rtp" && kind === "video");
  const width = Number(video?.["frameWidth"] ?? 0);
  return width > 0
    ? { width, height: Number(video?.["frameHeight"]), framesPerSecond: Number(video?.["framesPerSecond"] ?? 0) }
    : undefined;
}

const kinds = {
  host: "direct, host to host",
  srflx: "direct, through a NAT",
  prflx: "direct, found on the way",
  relay: "relayed by a TURN server",
};

/** The path in a few words. */
export function pathWords({ kind, protocol }: Path): string {
  return `${kinds[kind]}, ${protocol.toUpperCase()}`;
}

/** The figures beside it. */
export function figureWords({ local, remote, roundTripMs, video }: Path): string {
  const parts = [`candidates ${local} ⇄ ${remote}`];
  if (roundTripMs !== undefined) {
    parts.push(`round trip ${roundTripMs < 1 ? "< 1" : Math.round(roundTripMs)} ms`);
  }
  if (video) {
    parts.push(`${video.width} × ${video.height}, ${Math.round(video.framesPerSecond)} frames/s`);
  }
  return parts.join(" · ");
}
