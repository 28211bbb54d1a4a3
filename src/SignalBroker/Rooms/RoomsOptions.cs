using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Rooms;

/// <summary>The settings under <c>Rooms:</c>.</summary>
internal sealed class RoomsOptions
{
    public const string Section = "Rooms";

    /// <summary>How many members a room may have at most, and has when its creator does not say.</summary>
    [Range(1, 10_000)]
    public int MaxMembers { get; set; } = 1_000;

    /// <summary>How many rooms one user may be a member of.</summary>
    [Range(1, 100_000)]
    public int MaxPerUser { get; set; } = 100;

    /// <summary>How long a room is kept while none of its members has a session.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan EmptyFor { get; set; } = TimeSpan.FromHours(1);

    /// <summary>For how long whoever was removed from a room can't join it again; zero lets everybody in again at once.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan RemovedFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How often empty rooms are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many rooms a user may make, join, leave, reveal itself in and close per second at one webapp; bursts of
    /// twice as many pass.
    /// </summary>
    [Range(1, 1_000_000)]
    public int ChangesPerSecondOfUser { get; set; } = 10;

    /// <summary>
    /// How many copies of signals one session may have made per second by one webapp: one for each session that a
    /// signal reaches; one for each member where it is stored, where <c>Presence:Visibility</c> is <c>Nobody</c>, and
    /// for changes of the members. Bursts of twice as many pass, and a larger one after a rest.
    /// </summary>
    [Range(1, 1_000_000)]
    public int CopiesPerSecondOfSession { get; set; } = 5_000;

    /// <summary>
    /// How many bytes one session may have stored per second by one webapp in members' inboxes: a signal's content and
    /// 512, once for each member. Bursts of 16 times as many pass, and a larger one after a rest.
    /// </summary>
    [Range(65_536, 67_108_864)]
    public int StoredBytesPerSecondOfSession { get; set; } = 4_194_304;

    /// <summary>
    /// How many memberships, those of the makers of rooms included, the users of one address may begin in a day at one
    /// webapp; an eighth of them at once. Joining again where one is a member costs nothing.
    /// </summary>
    [Range(8, long.MaxValue)]
    public long MembershipsPerDayOfAddress { get; set; } = 20_000;
}
