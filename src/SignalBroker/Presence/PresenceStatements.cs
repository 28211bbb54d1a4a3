using SignalBroker.Sessions;

namespace SignalBroker.Presence;

/// <summary>Has somebody look at the users whose sessions end.</summary>
internal sealed class PresenceStatements : ISessionStatements
{
    public string Ended(string ended) => PresenceChanges.Ended(ended);

    public string Deleted(string deleted) => PresenceChanges.Deleted(deleted);
}
