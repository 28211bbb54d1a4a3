using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>A session that listens: requests are made with its credential, and its socket may be sent through.</summary>
internal sealed class ListeningSession(OpenSession session, Listener listener, Task? sendsAfter = null)
{
    public OpenSession Session { get; } = session;

    public Listener Listener { get; } = listener;

    /// <summary>Ends when its socket may be sent through.</summary>
    public Task SendsAfter { get; } = sendsAfter ?? Task.CompletedTask;

    /// <summary>The session that has taken over from this one, once this one's socket is closed; null while none has.</summary>
    public Task<ListeningSession>? Successor { get; set; }

    public ClientState.Listening State => new(Session.Info, Listener.By) { Protocol = Listener.Protocol };
}
