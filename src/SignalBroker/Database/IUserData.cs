namespace SignalBroker.Database;

/// <summary>What one part of the product keeps about users, so that it can be erased.</summary>
internal interface IUserData
{
    /// <summary>Erases what is kept about a user whose sessions have ended. Doing so again does no harm.</summary>
    Task EraseAsync(string userId);
}
