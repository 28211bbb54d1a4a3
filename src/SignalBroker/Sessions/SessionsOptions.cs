using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Sessions;

/// <summary>What happens when a user who has a session opens another one.</summary>
internal enum SessionsPerUser
{
    /// <summary>The user has both, up to <see cref="SessionsOptions.MaxPerUser"/>.</summary>
    Many,

    /// <summary>The new one takes the place of the others, whose clients are told so and stay closed.</summary>
    Replace,

    /// <summary>
    /// The new one is refused with 409, as the original project did, unless its client takes over from its own last one.
    /// </summary>
    Reject,
}

/// <summary>The settings under <c>Sessions:</c>.</summary>
internal sealed class SessionsOptions
{
    public const string Section = "Sessions";

    /// <summary>What happens when a user who has a session opens another one.</summary>
    public SessionsPerUser PerUser { get; set; } = SessionsPerUser.Many;

    /// <summary>How many sessions one user may have at a time, with <c>Many</c>.</summary>
    [Range(1, 10_000)]
    public int MaxPerUser { get; set; } = 16;

    /// <summary>
    /// How many sessions one address may have opened at a time (an IPv6 address counts for its /64 network), 0 for any
    /// number. Racing connects may overshoot it.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int MaxPerAddress { get; set; } = 500;

    /// <summary>
    /// How many sessions a second each webapp opens at one node; bursts of twice as many pass. Whoever comes beyond that hears
    /// <c>no-node-available</c>, and when to try again: so a node that is left is not overrun when another one is lost.
    /// </summary>
    [Range(1, 1_000_000)]
    public int PerSecondOfNode { get; set; } = 500;

    /// <summary>How long a session may wait for its listener before it expires.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan AckWithin { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>For how long after its socket was lost another session may take over from it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan ResumeWithin { get; set; } = TimeSpan.FromMinutes(2);
}
