using SignalBroker.Sessions;

namespace SignalBroker.Rooms;

/// <summary>Knows who is in which room, mostly from memory.</summary>
/// <remarks>
/// Memory is used only while announcements of changes come in, so that a user who has left a room stops receiving its
/// signals within <see cref="SessionDirectory.MaxMemoryAge"/>.
/// </remarks>
internal sealed class RoomDirectory : IAnnouncedMemory, IDisposable
{
    /// <summary>The PostgreSQL channel on which changed rooms are announced by their ids.</summary>
    public const string ChannelName = "rooms";

    private static readonly TimeSpan Generation = TimeSpan.FromSeconds(5);

    private readonly SessionDirectory sessions;
    private readonly Batcher<string, RoomRoster> asked;
    private readonly Batcher<string, Room> versions;
    private readonly ShortMemory<string, RoomRoster?> rosters;
    private readonly ITimer aging;

    public RoomDirectory(RoomStore store, SessionDirectory sessions, TimeProvider clock)
    {
        this.sessions = sessions;
        asked = new(store.FindAsync);
        versions = new(store.FindWithoutMembersAsync);
        rosters = new(asked.GetAsync, roster => roster is not null);
        aging = clock.CreateTimer(_ => rosters.Age(), state: null, Generation, Generation);
    }

    public string Channel => ChannelName;

    /// <summary>The room with its members, for routing; null if there is no such room.</summary>
    public ValueTask<RoomRoster?> FindAsync(string roomId) => rosters.GetAsync(roomId, sessions.Remembers);

    /// <summary>The same from the database.</summary>
    public Task<RoomRoster?> FindNowAsync(string roomId) => asked.GetAsync(roomId);

    /// <summary>The same, from memory only if the database has the same version.</summary>
    /// <remarks>So a refused signal costs one row, however many members the room has.</remarks>
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
