using SignalBroker.Http;
using SignalBroker.Inbox;
using SignalBroker.Signals;

namespace SignalBroker.Push;

/// <summary>What a service worker gets: that signals wait, and perhaps the newest one's envelope.</summary>
public static class PushMessage
{
    private const int RoomForTheRest = 128;

    /// <summary>Writes the message.</summary>
    /// <param name="signals">How many stored signals no device has settled.</param>
    /// <param name="newest">The newest of them, if it is wanted; one that is too large to be pushed is left out.</param>
    public static byte[] Write(int signals, Entry? newest)
    {
        var whole = WriteWhole(signals, newest);
        return whole.Length <= SubscriberKeys.MostBytes ? whole : WriteWhole(signals, newest: null);
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
            using var envelope = StoredEnvelope.Complete(newest);
            writer.WritePropertyName("signal"u8);
            writer.WriteRawValue(envelope.Written.Span, skipInputValidation: true);
        }

        writer.WriteEndObject();
        writer.Flush();
        return message.Written.ToArray();
    }
}
