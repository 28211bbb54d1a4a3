using SignalBroker.Broker;

namespace SignalBroker.Sessions;

/// <summary>Closes the order of signals to a session that has been succeeded, as far as this webapp has sent them.</summary>
/// <remarks>
/// Whatever this webapp publishes to the old queue comes before the last message there; all later signals go to the successor. So a
/// client that has read the last message of every webapp has read everything that comes before the successor's first.
/// </remarks>
internal sealed class SuccessionTeller(SessionDirectory directory, NodeLinks links, TimeProvider clock)
    : IAnnouncedMemory
{
    private readonly string webapp = RandomName.Create("");

    public string Channel => Successions.Channel;

    public void Forget(string announcement)
    {
        var succeeded = Succeeded.Parse(announcement);
        directory.Forget(succeeded.UserId, succeeded.ListeningKey);
        _ = links
            .PublishAsync(
                succeeded.Node,
                Topology.QueueOf(succeeded.ListeningKey, succeeded.Protocol),
                SessionEvents.Moved(clock, webapp, succeeded.Listeners),
                SessionEvents.Lasts,
                PublishOrder.Last
            )
            .AsTask();
    }

    // Without memory every signal looks its addressee up, and the client does not wait for long.
    public void ConnectionLost() { }
}
