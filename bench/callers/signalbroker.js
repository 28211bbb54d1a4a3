// Listens as a user, answers every call, and returns how to call somebody.
import { connect } from "signalbroker";

export async function talk(url, userId, media, show) {
  const me = await connect({ url, userId });
  me.onCall(async (incoming) => show((await incoming.accept({ media })).remoteStream));
  return async (other) => show((await me.call(other, { media })).remoteStream);
}
