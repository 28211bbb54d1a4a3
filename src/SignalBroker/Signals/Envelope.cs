using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>What a listener receives: the sender's content in an envelope that only the server writes.</summary>
public static class Envelope
{
    private const int RoomForTheRest = 512;

    // The envelope goes into a JSON parser and never into a page's markup.
    private static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Writes the envelope of one signal; it is the same for every session of the addressee.</summary>
    /// <param name="id">The signal's id.</param>
    /// <param name="sender">The authenticated session that sends it.</param>
    /// <param name="to">The addressed user.</param>
    /// <param name="request">The signal.</param>
    /// <param name="nameSession">Whether the receiver may learn the sender's listening key.</param>
    /// <param name="sentAt">When the server accepted it.</param>
    public static ReadOnlyMemory<byte> Write(
        string id,
        Session sender,
        string to,
        SignalRequest request,
        bool nameSession,
        DateTimeOffset sentAt
    )
    {
        var buffer = new ArrayBufferWriter<byte>(request.Content.Length + RoomForTheRest);
        using var writer = new Utf8JsonWriter(buffer, Writing);
        writer.WriteStartObject();
        writer.WriteString("id"u8, id);
        writer.WriteString("from"u8, sender.UserId);
        if (nameSession)
        {
            writer.WriteString("fromSession"u8, sender.ListeningKey);
        }

        writer.WriteString("to"u8, to);
        if (request.Type is not null)
        {
            writer.WriteString("type"u8, request.Type);
        }

        writer.WriteString("sentAt"u8, Timestamp(sentAt));
        if (request.TimeToLive is { } timeToLive)
        {
            writer.WriteString("expiresAt"u8, Timestamp(sentAt + timeToLive));
        }

        writer.WritePropertyName("content"u8);
        writer.WriteRawValue(request.Content.Span, skipInputValidation: true);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    // RFC 3339, in milliseconds, as JavaScript's Date writes it.
    private static string Timestamp(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
