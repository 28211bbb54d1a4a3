namespace SignalBroker.Client.Listening;

/// <summary>Holds back what comes to a successor, until its predecessor's socket has brought the rest.</summary>
internal sealed class Hold(EnvelopeReceived received)
{
    /// <summary>In bytes. Memory has an end, and a wrong order is the lesser evil.</summary>
    public const int Most = 4 * 1024 * 1024;

    private readonly Lock changing = new();
    private List<byte[]>? held = [];
    private int size;

    /// <summary>Takes an envelope as <see cref="EnvelopeReceived"/> says.</summary>
    public ValueTask TakeAsync(ReadOnlyMemory<byte> envelope)
    {
        lock (changing)
        {
            if (held is not null && !IsAnswer(envelope))
            {
                held.Add(envelope.ToArray());
                size += envelope.Length;
                return size > Most ? new(ReleaseAsync()) : ValueTask.CompletedTask;
            }
        }

        return received(envelope);
    }

    /// <summary>Hands on what was held back, before it returns; from then on everything is handed on at once.</summary>
    /// <returns>Ends when all of it has been taken.</returns>
    public Task ReleaseAsync()
    {
        lock (changing)
        {
            var taken = (held ?? []).ConvertAll(envelope => received(envelope).AsTask());
            held = null;
            return Task.WhenAll(taken);
        }
    }

    // It has no place among the signals, and what is sent next waits for it.
    private static bool IsAnswer(ReadOnlyMemory<byte> envelope)
    {
        Envelope.Read(envelope, out var control);
        return control is { Type: "outcome" or "error" };
    }
}
