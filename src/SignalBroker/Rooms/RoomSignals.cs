using System.Text.Json;
using Microsoft.Extensions.Options;
using SignalBroker.Broker;
using SignalBroker.Database;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Presence;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.Visibility;

namespace SignalBroker.Rooms;

/// <summary>What happened to a room's members.</summary>
internal enum RoomEvent
{
    /// <summary>A user has become a member.</summary>
    Joined,

    Left,

    /// <summary>The owner has removed a member.</summary>
    Removed,

    /// <summary>An anonymous member has said who it is.</summary>
    Revealed,

    /// <summary>The room has been closed.</summary>
    Closed,
}

/// <summary>Tells a room's members what happened to it, by envelopes that only the server can write.</summary>
/// <remarks>
/// The database is the truth: a webapp that dies between the change and the telling tells nobody. Each envelope has the
/// room's version, so that whoever has missed one can tell.
/// </remarks>
internal sealed partial class RoomSignals(
    RoomDirectory rooms,
    RoomFanOut fanOut,
    HiddenQueue queue,
    VisibilityPolicy visibility,
    IOptions<SignalsOptions> options,
    EnvelopeWriter envelopes,
    ILogger<RoomSignals> logger
)
{
    /// <summary>The type of these envelopes.</summary>
    public const string Type = "room";

    /// <summary>Tells of a change that has been committed.</summary>
    /// <param name="version">The room's version that it made.</param>
    /// <param name="about">The member that it happened to, as it was before if it is none any more.</param>
    /// <param name="actor">The session that did it, and hears of it by its answer; null when there is none.</param>
    public async Task TellAsync(string roomId, RoomEvent happened, long version, RoomMember about, Session? actor)
    {
        rooms.Forget(roomId);
        try
        {
            if (await rooms.FindNowAsync(roomId) is not { } roster)
            {
                return;
            }

            IReadOnlyList<RoomMember> told = roster.FindUser(about.UserId) is null
                ? [.. roster.Members, about]
                : roster.Members;
            await TellAsync(roster, told, happened, version, about, actor);
        }
        catch (Exception failure) when (failure is RefusedException || DatabaseFailure.Is(failure))
        {
            // It has happened all the same, and the version tells.
            LogNotTold(roomId, failure.Message);
        }
    }

    /// <summary>Tells the members of a closed room.</summary>
    /// <param name="actor">The session that closed it; null when there is none.</param>
    public async Task TellClosedAsync(RoomRoster roster, Session? actor)
    {
        rooms.Forget(roster.Room.RoomId);
        try
        {
            await TellAsync(roster, roster.Members, RoomEvent.Closed, roster.Room.Version + 1, about: null, actor);
        }
        catch (Exception failure) when (failure is RefusedException || DatabaseFailure.Is(failure))
        {
            LogNotTold(roster.Room.RoomId, failure.Message);
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
        var copy = new RoomCopy(
            Topology.KeyOfCopies(SignalId.Of(given: null).ToString()),
            envelope.Written,
            options.Value.TimeToLive,
            envelope
        );
        if (actor is not null && (visibility.HidesMembers || roster.AnonymousMembers > 0))
        {
            // How long it takes would tell who of them listens.
            queue.Add(
                actor.ListeningKey,
                copy.Body.Length,
                async () =>
                {
                    var hidden = await fanOut.FindHiddenAsync(told, actor);
                    return () => fanOut.PublishHiddenAsync(hidden, told, actor, copy);
                }
            );
            return;
        }

        var audience = await fanOut.FindAsync(told, actor);
        await fanOut.PublishAsync(audience, told, actor, copy);
    }

    private static string NameOf(RoomEvent happened) => JsonNamingPolicy.CamelCase.ConvertName(happened.ToString());

    [LoggerMessage(LogLevel.Warning, "The members of room {Room} are not told of a change: {Reason}")]
    private partial void LogNotTold(string room, string reason);
}
