namespace SignalBroker.Sessions;

/// <summary>A memory of what is in the database, whose changes PostgreSQL announces on a channel.</summary>
internal interface IAnnouncedMemory
{
    string Channel { get; }

    /// <summary>Forgets what an announcement says has changed.</summary>
    void Forget(string announcement);

    /// <summary>Changes are no longer heard, so everything is forgotten.</summary>
    void ConnectionLost();
}
