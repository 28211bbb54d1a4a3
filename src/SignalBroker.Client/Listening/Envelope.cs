using System.Text.Json;

namespace SignalBroker.Client.Listening;

/// <summary>Reads what a listener receives.</summary>
internal static class Envelope
{
    /// <summary>The signal in an envelope; null when it is none that is to be read.</summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="control">What the server itself tells this library; null for anything else.</param>
    public static Signal? Read(ReadOnlyMemory<byte> envelope, out ControlEnvelope? control)
    {
        control = null;
        var (id, to) = ("", "");
        string? from = null;
        string? fromSession = null;
        string? fromApplication = null;
        string? fromAlias = null;
        string? fromMember = null;
        string? room = null;
        string? toMember = null;
        string? device = null;
        long? sequence = null;
        string? type = null;
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
                if (reader.ValueTextEquals("id"u8))
                {
                    id = Text(ref reader) ?? "";
                }
                else if (reader.ValueTextEquals("from"u8))
                {
                    // Whatever it holds: what has a sender is not the server's own.
                    hasSender = true;
                    (from, fromApplication, fromAlias) = From(ref reader);
                }
                else if (reader.ValueTextEquals("fromMember"u8))
                {
                    fromMember = Text(ref reader);
                }
                else if (reader.ValueTextEquals("room"u8))
                {
                    room = Text(ref reader);
                }
                else if (reader.ValueTextEquals("toMember"u8))
                {
                    toMember = Text(ref reader);
                }
                else if (reader.ValueTextEquals("device"u8))
                {
                    device = Text(ref reader);
                }
                else if (reader.ValueTextEquals("sequence"u8))
                {
                    reader.Read();
                    sequence = reader.GetInt64();
                }
                else if (reader.ValueTextEquals("fromSession"u8))
                {
                    fromSession = Text(ref reader);
                }
                else if (reader.ValueTextEquals("to"u8))
                {
                    to = Text(ref reader) ?? "";
                }
                else if (reader.ValueTextEquals("type"u8))
                {
                    type = Text(ref reader);
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
                else
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

        if (!hasSender)
        {
            if (sequence is null && type is not Signal.RoomType)
            {
                control = type is null ? null : new(type, content);
                return null;
            }
        }
        else if (from is null && fromApplication is null && fromMember is null)
        {
            return null;
        }

        return new Signal
        {
            Id = id,
            From = from,
            FromSession = fromSession,
            FromApplication = fromApplication,
            FromMember = fromMember,
            FromAlias = fromAlias,
            Room = room,
            ToMember = toMember,
            To = to,
            Device = device,
            Sequence = sequence,
            Type = type,
            SentAt = sentAt,
            ExpiresAt = expiresAt,
            Content = content,
        };
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString();
    }

    // A user is a text. An application or an anonymous member is an object, because any text may be a user's id.
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
            if (reader.ValueTextEquals("application"u8))
            {
                application = Text(ref reader);
            }
            else if (reader.ValueTextEquals("alias"u8))
            {
                alias = Text(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return (null, application, alias);
    }
}

/// <summary>An envelope without a sender: only the server can write one.</summary>
internal sealed record ControlEnvelope(string Type, JsonElement Content);
