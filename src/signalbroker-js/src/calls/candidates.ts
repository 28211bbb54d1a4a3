/** The other end's candidates. */
export function createCandidates(connection: RTCPeerConnection) {
  let early: RTCIceCandidateInit[] = [];
  return {
    /** Takes them; those that come before a description wait for it. */
    take,
    /** There is a description now. */
    takeEarly(): Promise<void> {
      const waiting = early;
      early = [];
      return take(waiting);
    },
  };

  async function take(candidates: readonly RTCIceCandidateInit[]): Promise<void> {
    for (const candidate of candidates) {
      if (!connection.remoteDescription) {
        early.push(candidate);
        continue;
      }
      try {
        await connection.addIceCandidate(candidate);
      } catch {
        // It belongs to an ignored offer, or to one from before a restart.
      }
    }
  }
}

export type Candidates = ReturnType<typeof createCandidates>;

/** The candidates that a description holds. */
export function candidatesIn({ sdp = "" }: RTCSessionDescriptionInit): RTCIceCandidateInit[] {
  const [, ...sections] = sdp.split(/^m=/m);
  return sections.flatMap((section, sdpMLineIndex) =>
    [...section.matchAll(/^a=(candidate:.*)$/gm)].map(([, candidate = ""]) => ({ candidate, sdpMLineIndex })),
  );
}
