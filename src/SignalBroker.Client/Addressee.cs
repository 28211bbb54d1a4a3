using System.Runtime.InteropServices;

namespace SignalBroker.Client;

/// <summary>Whom a signal goes to: all listening sessions of a user, or one session.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Addressee
{
    private Addressee(string name, bool isSession)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        (Name, IsSession) = (name, isSession);
    }

    /// <summary>The user's id, or the session's listening key.</summary>
    public string Name { get; }

    /// <summary>Whether it is one session.</summary>
    public bool IsSession { get; }

    /// <summary>All listening sessions of a user.</summary>
    /// <param name="userId">The user's id.</param>
    public static Addressee OfUser(string userId) => new(userId, isSession: false);

    /// <summary>One session.</summary>
    /// <param name="listeningKey">Its public name, such as <see cref="Signal.FromSession"/>.</param>
    public static Addressee OfSession(string listeningKey) => new(listeningKey, isSession: true);

    /// <inheritdoc cref="OfUser"/>
    public static implicit operator Addressee(string userId) => OfUser(userId);

    /// <inheritdoc cref="OfUser"/>
    public static Addressee FromString(string userId) => OfUser(userId);
}
