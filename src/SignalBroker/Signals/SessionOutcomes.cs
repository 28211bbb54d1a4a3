using System.Text.Json;
using SignalBroker.Broker;
using SignalBroker.Compatibility;

namespace SignalBroker.Signals;

/// <summary>Writes what the broker said for each of the addressee's sessions.</summary>
internal sealed class SessionOutcomes(OriginalClient originalClient)
{
    /// <summary>Writes an array.</summary>
    public void Write(Utf8JsonWriter writer, SessionOutcome[] outcomes)
    {
        writer.WriteStartArray();
        foreach (var (session, outcome) in outcomes)
        {
            writer.WriteStartObject();
            if (originalClient.TellsKeys)
            {
                writer.WriteString("listeningKey"u8, session.KnownAs);
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
