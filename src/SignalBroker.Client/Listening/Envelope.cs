using System.Text.Json;

namespace SignalBroker.Client.Listening;

/// <summary>Reads what a listener receives.</summary>
internal static class Envelope
{
    /// <summary>The signal in an envelope; null for anything else.</summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="control">What the server itself tells this library; null for anything else.</param>
    public static Signal? Read(ReadOnlyMemory<byte> envelope, out ControlEnvelope? control)
    {
        control = null;
        string? id = null;
        string? from = null;
        string? fromSession = null;
        string? fromApplication = null;
        string? fromAlias = null;
        string? fromMember = null;
        string? to = null;
        string? room = null;
        string? toMember = null;
        string? device = null;
        string? type = null;
        long? sequence = null;
        var hasSender = false;
        DateTimeOffset sentAt = default;
        DateTimeOffset? expiresAt = null;
        JsonElement content = default;
        try
        {
            var reader = new Utf8JsonReader(envelope.Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("from"u8))
                {
                    // Whatever it holds: what has a sender is not from the server itself.
                    hasSender = true;
                    (from, fromApplication, fromAlias) = From(ref reader);
                }
                else if (reader.ValueTextEquals("sequence"u8))
                {
                    reader.Read();
                    sequence = reader.GetInt64();
                }
                else if (reader.ValueTextEquals("sentAt"u8))
                {
                    reader.Read();
                    sentAt = reader.GetDateTimeOffset();
                }
                else if (reader.ValueTextEquals("expiresAt"u8))
                {
                    reader.Read();
                    expiresAt = reader.GetDateTimeOffset();
                }
                else if (reader.ValueTextEquals("content"u8))
                {
                    content = JsonElement.ParseValue(ref reader);
                }
                else if (
                    !Takes(ref reader, "id"u8, ref id)
                    && !Takes(ref reader, "fromSession"u8, ref fromSession)
                    && !Takes(ref reader, "fromMember"u8, ref fromMember)
                    && !Takes(ref reader, "to"u8, ref to)
                    && !Takes(ref reader, "room"u8, ref room)
                    && !Takes(ref reader, "toMember"u8, ref toMember)
                    && !Takes(ref reader, "device"u8, ref device)
                    && !Takes(ref reader, "type"u8, ref type)
                )
                {
                    reader.Skip();
                }
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }

        if (content.ValueKind == JsonValueKind.Undefined)
        {
            return null;
        }

        if (!hasSender && sequence is null && type is not Signal.RoomType)
        {
            control = type is null ? null : new(type, content);
            return null;
        }

        if (hasSender && (from ?? fromApplication ?? fromMember) is null)
        {
            return null;
        }

        return new Signal
        {
            Id = id ?? "",
            From = from,
            FromSession = fromSession,
            FromApplication = fromApplication,
            FromMember = fromMember,
            FromAlias = fromAlias,
            Room = room,
            ToMember = toMember,
            To = to ?? "",
            Device = device,
            Sequence = sequence,
            Type = type,
            SentAt = sentAt,
            ExpiresAt = expiresAt,
            Content = content,
        };
    }

    // Takes the value, a string or null, of the member with this name.
    private static bool Takes(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ref string? value)
    {
        if (!reader.ValueTextEquals(name))
        {
            return false;
        }

        reader.Read();
        value = reader.GetString();
        return true;
    }

    // A user is a string. An application or an anonymous member is an object, because any string may be a user's id.
    private static (string? User, string? Application, string? Alias) From(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return (reader.GetString(), null, null);
        }

        string? application = null;
        string? alias = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!Takes(ref reader, "application"u8, ref application) && !Takes(ref reader, "alias"u8, ref alias))
            {
                reader.Skip();
            }
        }

        return (null, application, alias);
    }
}

/// <summary>An envelope without a sender: only the server can write one.</summary>
internal sealed record ControlEnvelope(string Type, JsonElement Content);
