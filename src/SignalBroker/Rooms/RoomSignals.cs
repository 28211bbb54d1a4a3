using System.Text.Json;
using SignalBroker.Broker;
using SignalBroker.Presence;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.Visibility;

namespace SignalBroker.Rooms;

/// <summary>What happened to a room's members.</summary>
internal enum RoomEvent
{
    Joined,
    Left,

    /// <summary>The owner has removed a member.</summary>
    Removed,

    /// <summary>An anonymous member has said who it is.</summary>
    Revealed,

    /// <summary>The room has been closed.</summary>
    Closed,
}

/// <summary>Tells a room's members what happened to it, in envelopes that only the server can write.</summary>
/// <remarks>
/// The database is the truth: a webapp that dies between the change and the telling tells nobody. Each envelope has the
/// room's version, so that a member can tell that it has missed one.
/// </remarks>
internal sealed partial class RoomSignals(
    RoomDirectory rooms,
    RoomFanOut fanOut,
    VisibilityPolicy visibility,
    IOptions<SignalsOptions> options,
    EnvelopeWriter envelopes,
    ILogger<RoomSignals> logger
)
{
    /// <summary>The type of these envelopes.</summary>
    public const string Type = "room";

    /// <summary>Tells of a change that has been committed.</summary>
    /// <param name="version">The room's version since the change.</param>
    /// <param name="about">The member that it happened to, as it was before if it has left.</param>
    /// <param name="actor">The session that did it, whose answer tells it; null when there is none.</param>
    public Task TellAsync(string roomId, RoomEvent happened, long version, RoomMember about, Session? actor) =>
        TellAsync(
            roomId,
            async () =>
            {
                if (await rooms.FindNowAsync(roomId) is { } roster)
                {
                    IReadOnlyList<RoomMember> told = roster.FindUser(about.UserId) is null
                        ? [.. roster.Members, about]
                        : roster.Members;
                    await TellAsync(roster, told, happened, version, about, actor);
                }
            }
        );

    /// <summary>Tells the members of a closed room.</summary>
    /// <param name="actor">The session that closed it; null when there is none.</param>
    public Task TellClosedAsync(RoomRoster roster, Session? actor) =>
        TellAsync(
            roster.Room.RoomId,
            () => TellAsync(roster, roster.Members, RoomEvent.Closed, roster.Room.Version + 1, about: null, actor)
        );

    private async Task TellAsync(string roomId, Func<Task> tellAsync)
    {
        rooms.Forget(roomId);
        try
        {
            await tellAsync();
        }
        catch (Exception failure) when (failure is RefusedException || DatabaseFailure.Is(failure))
        {
            // It has happened all the same, and the next version shows it.
            LogNotTold(roomId, failure.Message);
        }
    }

    private async Task TellAsync(
        RoomRoster roster,
        IReadOnlyList<RoomMember> told,
        RoomEvent happened,
        long version,
        RoomMember? about,
        Session? actor
    )
    {
        var envelope = envelopes.WriteControl(
            Type,
            writer =>
            {
                writer.WriteString("event"u8, NameOf(happened));
                writer.WriteString("room"u8, roster.Room.RoomId);
                writer.WriteNumber("version"u8, version);
                if (about is not null)
                {
                    writer.WriteStartObject("member"u8);
                    RoomEnvelopeWriter.WriteMember(writer, about);
                    writer.WriteEndObject();
                }

                if (roster.Owner is { } owner && happened != RoomEvent.Closed)
                {
                    writer.WriteString("owner"u8, owner.MemberId);
                }
            }
        );
        var copy = RoomCopy.Of(SignalId.Of(given: null), envelope, options.Value.TimeToLive);
        if (actor is not null && (visibility.HidesMembers || roster.AnonymousMembers > 0))
        {
            fanOut.PublishHidden(told, actor, copy);
            return;
        }

        await fanOut.PublishAsync(await fanOut.FindAsync(told, actor), told, actor, copy);
    }

    private static string NameOf(RoomEvent happened) => JsonNamingPolicy.CamelCase.ConvertName(happened.ToString());

    [LoggerMessage(LogLevel.Warning, "Could not tell the members of room {Room} of a change: {Reason}")]
    private partial void LogNotTold(string room, string reason);
}
