using System.Globalization;
using System.Text.Json;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>What a listener receives: the sender's content in an envelope that only the server writes.</summary>
public static class Envelope
{
    /// <summary>How many bytes all but the content usually needs at most.</summary>
    public const int RoomForTheRest = 512;

    private const int LengthOfTime = 24;

    /// <summary>Writes the envelope of one signal; it is the same for every session of the addressee.</summary>
    /// <param name="id">The signal's id.</param>
    /// <param name="sender">Who sends it.</param>
    /// <param name="to">The addressed user.</param>
    /// <param name="request">The signal.</param>
    /// <param name="nameSession">Whether the receiver may learn the sender's listening key.</param>
    /// <param name="sentAt">When the server accepted it.</param>
    /// <returns>The envelope; whoever has it published disposes of it.</returns>
    public static PooledBuffer Write(
        SignalId id,
        Sender sender,
        string to,
        SignalRequest request,
        bool nameSession,
        DateTimeOffset sentAt
    )
    {
        var buffer = PooledBuffer.Rent(request.Content.Length + RoomForTheRest);
        var writer = buffer.JsonWriter();
        writer.WriteStartObject();
        id.WriteTo(writer);
        WriteFrom(writer, sender, nameSession);
        writer.WriteString("to"u8, to);
        if (request.Device is not null)
        {
            writer.WriteString("device"u8, request.Device);
        }

        if (request.Type is not null)
        {
            writer.WriteString("type"u8, request.Type);
        }

        WriteRest(writer, request, sentAt);
        return buffer;
    }

    /// <summary>Writes the times and the content, and ends the envelope.</summary>
    public static void WriteRest(Utf8JsonWriter writer, SignalRequest request, DateTimeOffset sentAt)
    {
        Write(writer, "sentAt"u8, sentAt);
        if (request.TimeToLive is { } timeToLive)
        {
            Write(writer, "expiresAt"u8, sentAt + timeToLive);
        }

        writer.WritePropertyName("content"u8);
        writer.WriteRawValue(request.Content.Span, skipInputValidation: true);
        writer.WriteEndObject();
        writer.Flush();
    }

    /// <summary>Writes what the server itself tells a session. It has no sender, so that nobody else can make it.</summary>
    /// <param name="type">What it is about.</param>
    /// <param name="sentAt">When it is told.</param>
    /// <param name="writeContent">Writes the members of the content.</param>
    /// <param name="id">What makes a repeat known to the receiver; null where none comes.</param>
    public static PooledBuffer WriteControl(
        string type,
        DateTimeOffset sentAt,
        Action<Utf8JsonWriter> writeContent,
        SignalId? id = null
    )
    {
        var buffer = PooledBuffer.Rent(RoomForTheRest);
        var writer = buffer.JsonWriter();
        writer.WriteStartObject();
        id?.WriteTo(writer);
        writer.WriteString("type"u8, type);
        Write(writer, "sentAt"u8, sentAt);
        writer.WriteStartObject("content"u8);
        writeContent(writer);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer;
    }

    /// <summary>Writes what the server itself stores for a user.</summary>
    /// <param name="type">What it is about.</param>
    /// <param name="id">What makes a repeat known to the receiver.</param>
    /// <param name="sentAt">When it is told.</param>
    /// <param name="timeToLive">How long it is stored.</param>
    /// <param name="writeContent">Writes the members of the content.</param>
    public static PooledBuffer WriteControl(
        string type,
        SignalId id,
        DateTimeOffset sentAt,
        TimeSpan timeToLive,
        Action<Utf8JsonWriter> writeContent
    )
    {
        var buffer = PooledBuffer.Rent(RoomForTheRest);
        var writer = buffer.JsonWriter();
        writer.WriteStartObject();
        id.WriteTo(writer);
        writer.WriteString("type"u8, type);
        Write(writer, "sentAt"u8, sentAt);
        Write(writer, "expiresAt"u8, sentAt + timeToLive);
        writer.WriteStartObject("content"u8);
        writeContent(writer);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer;
    }

    /// <summary>Writes who sends, who is not hidden.</summary>
    public static void WriteFrom(Utf8JsonWriter writer, Sender sender, bool nameSession)
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
        if (nameSession)
        {
            writer.WriteString("fromSession"u8, session.ListeningKey);
        }
    }

    /// <summary>Writes a time as RFC 3339, in milliseconds, as JavaScript's Date writes it.</summary>
    public static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> member, DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[LengthOfTime];
        time.UtcDateTime.TryFormat(text, out var length, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        writer.WriteString(member, text[..length]);
    }
}
