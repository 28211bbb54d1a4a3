using System.Runtime.InteropServices;

namespace SignalBroker.Client;

/// <summary>Whom a signal goes to: all listening sessions of a user, those of one device, or one session.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Addressee
{
    private Addressee(AddresseeKind kind, string name, string? part = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        (Kind, Name, Part) = (kind, name, part);
    }

    /// <summary>The user's id, or the session's listening key.</summary>
    public string Name { get; }

    /// <summary>The one device of the user; null for all of them, and for a session.</summary>
    public string? Device => Kind == AddresseeKind.User ? Part : null;

    /// <summary>Whether it is one session.</summary>
    public bool IsSession => Kind == AddresseeKind.Session;

    /// <summary>What <see cref="Name"/> names.</summary>
    internal AddresseeKind Kind { get; }

    /// <summary>The device of the user, or the member of the room; null for all of them.</summary>
    internal string? Part { get; }

    /// <summary>All listening sessions of a user.</summary>
    /// <param name="userId">The user's id.</param>
    public static Addressee OfUser(string userId) => new(AddresseeKind.User, userId);

    /// <summary>The listening sessions of one device of a user.</summary>
    /// <param name="userId">The user's id.</param>
    /// <param name="device">What the user calls the device, as in <see cref="SessionInfo.Device"/>.</param>
    public static Addressee OfDevice(string userId, string device)
    {
        ArgumentException.ThrowIfNullOrEmpty(device);
        return new(AddresseeKind.User, userId, device);
    }

    /// <summary>One session.</summary>
    /// <param name="listeningKey">Its public name, such as <see cref="Signal.FromSession"/>.</param>
    public static Addressee OfSession(string listeningKey) => new(AddresseeKind.Session, listeningKey);

    /// <inheritdoc cref="OfUser"/>
    public static implicit operator Addressee(string userId) => OfUser(userId);

    /// <inheritdoc cref="OfUser"/>
    public static Addressee FromString(string userId) => OfUser(userId);

    /// <summary>A room, or one of its members.</summary>
    internal static Addressee OfRoom(string room, string? member) => new(AddresseeKind.Room, room, member);
}

/// <summary>What an addressee's name names.</summary>
internal enum AddresseeKind
{
    /// <summary>A user.</summary>
    User,

    /// <summary>A session.</summary>
    Session,

    /// <summary>A room.</summary>
    Room,
}
