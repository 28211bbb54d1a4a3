namespace SignalBroker.Broker;

/// <summary>The publishes of one channel that the broker has not confirmed yet, by their delivery tags.</summary>
/// <param name="answered">Told of each publish that the broker has answered, before anybody else is.</param>
internal sealed class Unconfirmed(Action<Publication>? answered = null)
{
    private const int FirstSize = 256;

    private readonly Lock gate = new();

    // Tags count up, so a ring finds each publish without hashing.
    private Publication?[] ring = new Publication?[FirstSize];
    private ulong first = 1;
    private ulong next = 1;

    /// <summary>Adds what is published next; the broker counts along.</summary>
    public void Add(Publication publication)
    {
        lock (gate)
        {
            if (next - first == (ulong)ring.Length)
            {
                Grow();
            }

            ring[SlotOf(next++)] = publication;
        }
    }

    /// <summary>Takes out the publish with this tag, and with <paramref name="multiple"/> all before it.</summary>
    public void Settle(ulong tag, bool multiple, PublishOutcome outcome)
    {
        for (var settled = multiple ? Volatile.Read(ref first) : tag; settled <= tag; settled++)
        {
            if (Take(settled) is { } publication)
            {
                if (outcome != PublishOutcome.Unknown)
                {
                    answered?.Invoke(publication);
                }

                publication.Settle(outcome);
                publication.Release();
            }
        }
    }

    /// <summary>Takes out all of them.</summary>
    public void SettleAll(PublishOutcome outcome)
    {
        ulong last;
        lock (gate)
        {
            last = next - 1;
        }

        Settle(last, multiple: true, outcome);
    }

    /// <summary>Marks the publish that the broker has returned.</summary>
    /// <remarks>
    /// A returned message carries no delivery tag, and a property that tells publishes apart would reach every
    /// listener. So it is found by what it is; of two that are the same it does not matter which.
    /// </remarks>
    public void MarkReturned(string queue, ReadOnlySpan<byte> body)
    {
        lock (gate)
        {
            for (var tag = first; tag < next; tag++)
            {
                if (
                    ring[SlotOf(tag)] is { Returned: false } publication
                    && publication.Queue == queue
                    && publication.Body.Span.SequenceEqual(body)
                )
                {
                    publication.Returned = true;
                    return;
                }
            }
        }
    }

    private Publication? Take(ulong tag)
    {
        lock (gate)
        {
            if (tag < first || tag >= next)
            {
                return null;
            }

            var taken = ring[SlotOf(tag)];
            ring[SlotOf(tag)] = null;
            while (first < next && ring[SlotOf(first)] is null)
            {
                first++;
            }

            return taken;
        }
    }

    private void Grow()
    {
        var larger = new Publication?[2 * ring.Length];
        for (var tag = first; tag < next; tag++)
        {
            larger[tag % (ulong)larger.Length] = ring[SlotOf(tag)];
        }

        ring = larger;
    }

    private ulong SlotOf(ulong tag) => tag % (ulong)ring.Length;
}
