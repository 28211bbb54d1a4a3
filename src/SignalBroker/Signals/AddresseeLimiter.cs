using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>Bounds how many bytes a session is sent, so that a stopped reader can't fill its node's memory.</summary>
internal sealed class AddresseeLimiter(IOptions<SignalsOptions> options, LimitMetrics metrics, TimeProvider clock)
{
    private const string OfBytes = $"{SignalsOptions.Section}:{nameof(SignalsOptions.AddresseeBytesPerSecond)}";

    private readonly TokenBuckets<string> bytes = new(
        options.Value.AddresseeBytesPerSecond,
        options.Value.AddresseeBurstBytes,
        clock
    );

    /// <summary>Whether the session may be sent so many bytes now; if so, they count.</summary>
    public bool Takes(Session session, int size)
    {
        var takes = bytes.Take(session.ListeningKey, size) is null;
        if (!takes)
        {
            metrics.Refused(OfBytes);
        }

        return takes;
    }
}
