namespace SignalBroker.Database;

/// <summary>Every advisory lock that webapps take in PostgreSQL.</summary>
/// <remarks>
/// The numbers stay what they are: webapps of two versions run side by side. Where one transaction takes several, it takes them
/// in the order in which they stand here.
/// </remarks>
internal static class AdvisoryLocks
{
    /// <summary>The seed for the hash of a user id: one connect of a user at a time, or too many sessions would be let in.</summary>
    public const int ConnectingUser = 0;

    /// <summary>The seed for the hash of a user id: one joining of a user at a time, or too many rooms would be.</summary>
    public const int JoiningUser = 10;

    /// <summary>The seed for the hash of a sender and a signal's id: one storing of the signal at a time.</summary>
    public const int StoredSignal = 5;

    /// <summary>The seed for the hash of a listening key: one deliverer of stored signals to a session at a time.</summary>
    public const int Delivery = 6;

    /// <summary>The seed for the hash of a listening key: one change of a session's subscriptions at a time.</summary>
    public const int SubscribingSession = 9;

    /// <summary>The seed for the hash of a user id: whoever reads or writes what its subscribers were told.</summary>
    public const int ToldUser = 8;

    /// <summary>The sweep of the sessions.</summary>
    public const long SessionSweep = 0x5357454550;

    /// <summary>The sweep of the inboxes.</summary>
    public const long InboxSweep = 0x494E424F58;

    /// <summary>The sweep of the rooms.</summary>
    public const long RoomSweep = 0x524F4F4D53;
}
