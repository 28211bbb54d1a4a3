using System.Globalization;
using System.Text.Json;
using SignalBroker.Compatibility;
using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>Writes what a listener receives: the sender's content in an envelope that only the server writes.</summary>
internal sealed class EnvelopeWriter(OriginalClient originalClient, TimeProvider clock)
{
    /// <summary>How many bytes all but the content usually needs at most.</summary>
    public const int RoomForTheRest = 512;

    private const int LengthOfTime = 24;

    /// <summary>Writes the envelope of one signal; it is the same for every session of the addressee.</summary>
    /// <returns>The envelope; the publisher disposes of it.</returns>
    public PooledBuffer Write(SignalId id, Sender sender, string to, SignalRequest request)
    {
        var (buffer, writer) = Begin(id, request);
        WriteFrom(writer, sender);
        writer.WriteString("to"u8, to);
        if (request.Device is not null)
        {
            writer.WriteString("device"u8, request.Device);
        }

        End(writer, request);
        return buffer;
    }

    /// <summary>Begins the envelope of a signal.</summary>
    public static (PooledBuffer Buffer, Utf8JsonWriter Writer) Begin(SignalId id, SignalRequest request)
    {
        var buffer = PooledBuffer.Rent(request.Content.Length + RoomForTheRest);
        var writer = buffer.JsonWriter();
        writer.WriteStartObject();
        id.WriteTo(writer);
        return (buffer, writer);
    }

    /// <summary>Writes who sends, who is not hidden.</summary>
    public void WriteFrom(Utf8JsonWriter writer, Sender sender)
    {
        if (sender.Session is not { } session)
        {
            // An object, because any text may be a user's id.
            writer.WriteStartObject("from"u8);
            writer.WriteString("application"u8, sender.Application);
            writer.WriteEndObject();
            return;
        }

        writer.WriteString("from"u8, session.UserId);
        if (originalClient.TellsKeys)
        {
            writer.WriteString("fromSession"u8, session.KnownAs);
        }
    }

    /// <summary>Writes the type, the times and the content, and ends the envelope.</summary>
    public void End(Utf8JsonWriter writer, SignalRequest request)
    {
        if (request.Type is not null)
        {
            writer.WriteString("type"u8, request.Type);
        }

        WriteTimes(writer, request.TimeToLive);
        writer.WritePropertyName("content"u8);
        writer.WriteRawValue(request.Content.Span, skipInputValidation: true);
        writer.WriteEndObject();
        writer.Flush();
    }

    /// <summary>Writes what the server itself tells a session. It has no sender, so that nobody else can make it.</summary>
    /// <param name="writeContent">Writes the members of the content.</param>
    /// <param name="id">What makes a repeat known to the receiver; null where none comes.</param>
    /// <param name="timeToLive">How long it is stored; null where it is not.</param>
    public PooledBuffer WriteControl(
        string type,
        Action<Utf8JsonWriter> writeContent,
        SignalId? id = null,
        TimeSpan? timeToLive = null
    )
    {
        var buffer = PooledBuffer.Rent(RoomForTheRest);
        var writer = buffer.JsonWriter();
        writer.WriteStartObject();
        id?.WriteTo(writer);
        writer.WriteString("type"u8, type);
        WriteTimes(writer, timeToLive);
        writer.WriteStartObject("content"u8);
        writeContent(writer);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer;
    }

    /// <summary>Writes a time as RFC 3339, in milliseconds, as JavaScript's Date writes it.</summary>
    public static void WriteTime(Utf8JsonWriter writer, ReadOnlySpan<byte> member, DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[LengthOfTime];
        time.UtcDateTime.TryFormat(text, out var length, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        writer.WriteString(member, text[..length]);
    }

    private void WriteTimes(Utf8JsonWriter writer, TimeSpan? timeToLive)
    {
        var now = clock.GetUtcNow();
        WriteTime(writer, "sentAt"u8, now);
        if (timeToLive is { } lives)
        {
            WriteTime(writer, "expiresAt"u8, now + lives);
        }
    }
}
