using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>Bounds how many bytes a session is sent, so that a stopped reader can't fill its node's memory.</summary>
internal sealed class AddresseeLimiter(IOptions<SignalsOptions> options, TimeProvider clock)
{
    private readonly TokenBuckets<string> bytes = new(
        options.Value.AddresseeBytesPerSecond,
        options.Value.AddresseeBurstBytes,
        clock
    );

    /// <summary>Whether the session may be sent so many bytes now; if so, they count.</summary>
    public bool Takes(Session session, int size) => bytes.Take(session.ListeningKey, size) is null;
}
