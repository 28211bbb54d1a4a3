using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Text;

namespace SignalBroker.Signals;

/// <summary>When a signal is stored.</summary>
internal enum StoreKind
{
    /// <summary>When no session's queue has confirmed it.</summary>
    IfOffline,

    /// <summary>Before anything else is done with it.</summary>
    Always,
}

/// <summary>The longest times to live that a sender may ask for.</summary>
/// <param name="Live">Of a signal that waits in a session's queue only.</param>
/// <param name="Stored">Of a signal that is stored.</param>
internal sealed record TimeToLiveLimits(TimeSpan Live, TimeSpan Stored);

/// <summary>What a sender asks for.</summary>
internal sealed class SignalRequest
{
    /// <summary>How many characters (code points) the sender's id of a signal may have.</summary>
    public const int MaxIdLength = 64;

    /// <summary>How many characters (code points) its type may have.</summary>
    public const int MaxTypeLength = 64;

    /// <summary>The addressed user, all of whose listening sessions get the signal; null when a session is addressed.</summary>
    public string? To { get; set; }

    /// <summary>The addressed user's device; null for all of them.</summary>
    public string? Device { get; set; }

    /// <summary>The listening key of the addressed session; null when something else is addressed.</summary>
    public string? ToSession { get; set; }

    /// <summary>The addressed room; null when a user or a session is addressed.</summary>
    public string? ToRoom { get; set; }

    /// <summary>The one member of the room that the signal is for; null for all that the sender reaches.</summary>
    public string? ToMember { get; set; }

    /// <summary>What the signal is about, for the receiver's use; null when the sender does not say.</summary>
    public string? Type { get; set; }

    /// <summary>The sender's own name for the signal; null when the server is to give it one.</summary>
    public string? Id { get; set; }

    /// <summary>How long the signal may wait for the addressee; null for the server's default.</summary>
    public TimeSpan? TimeToLive { get; set; }

    /// <summary>Whether the signal is stored for an addressee that does not listen; null for a signal that is not.</summary>
    public StoreKind? Store { get; set; }

    /// <summary>Whether the sender is told when a client of the addressee has settled the signal.</summary>
    public bool Receipt { get; set; }

    /// <summary>What the sender itself has done with, instead of a signal, as JSON; empty for a signal.</summary>
    public ReadOnlyMemory<byte> Settle { get; set; }

    /// <summary>The sender's JSON, byte for byte.</summary>
    public ReadOnlyMemory<byte> Content { get; set; }

    /// <summary>A copy that outlives the request that it was read from.</summary>
    public SignalRequest Copy()
    {
        var copy = (SignalRequest)MemberwiseClone();
        copy.Content = Content.ToArray();
        return copy;
    }

    /// <summary>Checks that the members agree with each other and with their bounds.</summary>
    /// <exception cref="RefusedException">They don't.</exception>
    public void Check(TimeToLiveLimits longest)
    {
        CheckStore();
        if ((To is null ? 0 : 1) + (ToSession is null ? 0 : 1) + (ToRoom is null ? 0 : 1) != 1)
        {
            throw new RefusedException(
                Problem.Of(
                    StatusCodes.Status400BadRequest,
                    "addressee-invalid",
                    "Exactly one of 'to' (a user), 'toSession' (a listening key) and 'toRoom' (a room's id) must be given."
                )
            );
        }

        if (To is not null)
        {
            To = UserId.Read(To) ?? throw new RefusedException(Problem.InvalidUserId("to"));
        }

        if (Device is not null)
        {
            Device =
                To is not null && UserId.ReadDevice(Device) is { } device
                    ? device
                    : throw new RefusedException(
                        Problem.InvalidMember("device", $"goes with 'to', and must have {UserId.DeviceRule}")
                    );
        }

        if (ToSession is not null && !ListeningKey.IsWellFormed(ToSession))
        {
            throw new RefusedException(Problem.InvalidMember("toSession", "must be a session's listening key"));
        }

        if (ToRoom is not null && !RoomNames.IsRoom(ToRoom))
        {
            throw new RefusedException(Problem.InvalidMember("toRoom", "must be a room's id"));
        }

        if (ToMember is not null && (ToRoom is null || !RoomNames.IsMember(ToMember)))
        {
            throw new RefusedException(
                Problem.InvalidMember("toMember", "goes with 'toRoom', and must be a member's id")
            );
        }

        if (Type is not null && !IsToken(Type, MaxTypeLength))
        {
            throw new RefusedException(
                Problem.InvalidMember(
                    "type",
                    $"must have 1 to {MaxTypeLength} characters, none of them a control character"
                )
            );
        }

        if (Id is not null && !IsToken(Id, MaxIdLength))
        {
            throw new RefusedException(
                Problem.InvalidMember(
                    "id",
                    $"must have 1 to {MaxIdLength} characters, none of them a control character"
                )
            );
        }

        var maxTimeToLive = Store is null ? longest.Live : longest.Stored;
        if (TimeToLive is { } wanted && (wanted <= TimeSpan.Zero || wanted > maxTimeToLive))
        {
            throw new RefusedException(
                Problem.InvalidMember(
                    "timeToLive",
                    $"must be a whole number of milliseconds from 1 to {(long)maxTimeToLive.TotalMilliseconds}"
                )
            );
        }

        if (Content.IsEmpty)
        {
            throw new RefusedException(
                Problem.Of(
                    StatusCodes.Status400BadRequest,
                    "content-missing",
                    "The signal has no 'content'; any JSON value will do, null included."
                )
            );
        }

        if (Content.Length > RequestBody.MaxBytes)
        {
            throw new RefusedException(Problem.OfStatus(StatusCodes.Status413PayloadTooLarge));
        }
    }

    private void CheckStore()
    {
        if (Store is not null && ToSession is not null)
        {
            throw new RefusedException(
                Problem.InvalidMember("store", "goes with 'to' or 'toRoom': a session that is gone never comes back")
            );
        }

        if (Receipt && Store != StoreKind.Always)
        {
            throw new RefusedException(
                Problem.InvalidMember("receipt", "goes with 'store': 'always', because only what is stored is settled")
            );
        }
    }

    /// <summary>Whether the text is short enough, and free of control characters.</summary>
    public static bool IsToken(string text, int longest) =>
        UnicodeText.IsWithin(text, longest) && !text.Any(char.IsControl);
}
