using SignalBroker.Sessions;

namespace SignalBroker.Presence;

/// <summary>Marks the users whose sessions end as due.</summary>
internal sealed class PresenceStatements : ISessionStatements
{
    public string Ended(string ended) => PresenceChanges.Ended(ended);

    public string Deleted(string deleted) => PresenceChanges.Deleted(deleted);
}
