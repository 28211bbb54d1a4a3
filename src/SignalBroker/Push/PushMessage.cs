using SignalBroker.Inbox;

namespace SignalBroker.Push;

/// <summary>What a service worker gets: how many signals wait, and perhaps the envelope of the newest.</summary>
internal static class PushMessage
{
    /// <summary>
    /// How many bytes can be pushed at most: of the 4096 that every push service takes (RFC 8030, section 7.2), RFC 8291
    /// needs a header of 86, a delimiter and a tag of 16.
    /// </summary>
    public const int MaxBytes = 4096 - 86 - 1 - 16;

    private const int RoomForTheRest = 128;

    /// <summary>Writes the message, without a newest signal that is too large to be pushed.</summary>
    /// <param name="signals">How many stored signals no device has settled.</param>
    /// <param name="newest">The newest of them, if it is wanted.</param>
    public static byte[] Write(int signals, Entry? newest)
    {
        var whole = WriteWhole(signals, newest);
        return whole.Length <= MaxBytes ? whole : WriteWhole(signals, newest: null);
    }

    private static byte[] WriteWhole(int signals, Entry? newest)
    {
        using var message = PooledBuffer.Rent((newest?.Envelope.Length ?? 0) + RoomForTheRest);
        var writer = message.JsonWriter();
        writer.WriteStartObject();
        writer.WriteString("type"u8, "signalbroker"u8);
        writer.WriteNumber("signals"u8, signals);
        if (newest is not null)
        {
            using var envelope = newest.Complete();
            writer.WritePropertyName("signal"u8);
            writer.WriteRawValue(envelope.Written.Span, skipInputValidation: true);
        }

        writer.WriteEndObject();
        writer.Flush();
        return message.Written.ToArray();
    }
}
