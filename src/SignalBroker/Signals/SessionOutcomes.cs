using System.Text.Json;
using SignalBroker.Broker;
using SignalBroker.Identity;

namespace SignalBroker.Signals;

/// <summary>Writes what the broker said for each of the addressee's sessions.</summary>
public static class SessionOutcomes
{
    /// <summary>Writes an array.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="outcomes">What the broker said.</param>
    /// <param name="nameSessions">Whether the sender may learn the sessions' listening keys.</param>
    public static void Write(Utf8JsonWriter writer, SessionOutcome[] outcomes, bool nameSessions)
    {
        writer.WriteStartArray();
        foreach (var (session, outcome) in outcomes)
        {
            writer.WriteStartObject();
            if (nameSessions)
            {
                writer.WriteString("listeningKey"u8, session.ListeningKey);
            }

            if (session.Device is not null)
            {
                writer.WriteString("device"u8, session.Device);
            }

            writer.WriteString("outcome"u8, outcome.Name);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
