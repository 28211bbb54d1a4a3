using SignalBroker.Database;
using SignalBroker.Sessions;

namespace SignalBroker.Rooms;

/// <summary>Answers who is in a room, mostly from memory.</summary>
/// <remarks>
/// Memory serves only while changes are heard, so that whoever has left a room gets nothing of it for longer than
/// <see cref="SessionDirectory.MaxMemoryAge"/>.
/// </remarks>
internal sealed class RoomDirectory : IAnnouncedMemory, IDisposable
{
    /// <summary>The channel on which changed rooms are announced, each by its id.</summary>
    public const string ChannelName = "rooms";

    private static readonly TimeSpan Generation = TimeSpan.FromSeconds(5);

    private readonly SessionDirectory sessions;
    private readonly Batcher<string, RoomRoster> asked;
    private readonly Batcher<string, Room> versions;
    private readonly ShortMemory<string, RoomRoster?> rosters;
    private readonly ITimer aging;

    /// <summary>Starts with an empty memory.</summary>
    public RoomDirectory(RoomStore store, SessionDirectory sessions, TimeProvider clock)
    {
        this.sessions = sessions;
        asked = new(store.FindAsync);
        versions = new(store.FindWithoutMembersAsync);
        rosters = new(asked.GetAsync, roster => roster is not null);
        aging = clock.CreateTimer(_ => rosters.Age(), state: null, Generation, Generation);
    }

    public string Channel => ChannelName;

    /// <summary>The room with its members, for routing; null when there is none.</summary>
    public ValueTask<RoomRoster?> FindAsync(string roomId) => rosters.GetAsync(roomId, sessions.Remembers);

    /// <summary>The same as the database has it now.</summary>
    public Task<RoomRoster?> FindNowAsync(string roomId) => asked.GetAsync(roomId);

    /// <summary>The same as the database has it now, from memory if the room has not changed since.</summary>
    /// <remarks>So a refused signal costs the look-up of one row, however many members the room has.</remarks>
    public async ValueTask<RoomRoster?> FindCurrentAsync(string roomId)
    {
        if (
            sessions.Remembers
            && rosters.Keeps(roomId)
            && await FindAsync(roomId) is { } kept
            && (await versions.GetAsync(roomId))?.Version == kept.Room.Version
        )
        {
            return kept;
        }

        rosters.Forget(roomId);
        return await FindAsync(roomId);
    }

    public void Forget(string announcement) => rosters.Forget(announcement);

    public void ConnectionLost() => rosters.Clear();

    public void Dispose() => aging.Dispose();
}
