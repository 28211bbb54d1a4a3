using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>Who sends a signal: a session or, with a service key, an application.</summary>
internal readonly record struct Sender
{
    private Sender(Session? session, string? application) => (Session, Application) = (session, application);

    /// <summary>The authenticated session; null where an application sends.</summary>
    public Session? Session { get; }

    /// <summary>The application's name; null where a session sends.</summary>
    public string? Application { get; }

    public static implicit operator Sender(Session session) => FromSession(session);

    public static Sender FromSession(Session session) => new(session, application: null);

    public static Sender FromApplication(string name) => new(session: null, name);
}
