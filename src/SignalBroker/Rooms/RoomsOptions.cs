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

    /// <summary>For how long a room of whose members none has a session is kept.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan EmptyFor { get; set; } = TimeSpan.FromHours(1);

    /// <summary>For how long whoever was removed from a room can't join it again; zero lets everybody in again at once.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan RemovedFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How often empty rooms are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many changes of rooms and members a user may make per second at one webapp: all members hear of each.</summary>
    [Range(1, 1_000_000)]
    public int ChangesPerSecondOfUser { get; set; } = 10;

    /// <summary>How many copies of signals one session may have made per second by one webapp: one for each session reached, or told of a change.</summary>
    [Range(1, 1_000_000)]
    public int CopiesPerSecondOfSession { get; set; } = 5_000;

    /// <summary>How many bytes one session may have stored per second by one webapp for the members of rooms. Bursts of 16 times as many pass.</summary>
    [Range(65_536, 67_108_864)]
    public int StoredBytesPerSecondOfSession { get; set; } = 4_194_304;

    /// <summary>How many memberships, those of the makers of rooms included, one address may begin in a day at one webapp; an eighth of them at once.</summary>
    [Range(8, long.MaxValue)]
    public long MembershipsPerDayOfAddress { get; set; } = 20_000;
}
