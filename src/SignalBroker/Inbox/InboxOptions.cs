using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Inbox;

/// <summary>The settings under <c>Inbox:</c>.</summary>
internal sealed class InboxOptions
{
    public const string Section = "Inbox";

    /// <summary>How many signals of one user may be stored at a time.</summary>
    [Range(1, 100_000)]
    public int MaxEntries { get; set; } = 1000;

    /// <summary>How many bytes the stored envelopes of one user may have at a time.</summary>
    [Range(131_072, 1_073_741_824)]
    public long MaxBytes { get; set; } = 8_388_608;

    /// <summary>How long a signal is stored if its sender does not say.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "24.00:00:00")]
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The longest time for which a sender may have a signal stored.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "24.00:00:00")]
    public TimeSpan MaxTimeToLive { get; set; } = TimeSpan.FromDays(7);

    /// <summary>For how long a signal that is sent again, with the same id, gets the first one's answer.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "7.00:00:00")]
    public TimeSpan RepeatWindow { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a device may stay away before the user's stored signals no longer wait for it.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan ForgetDevicesAfter { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// How many devices of a user are waited for; of more, those that have come back least lately are forgotten.
    /// </summary>
    [Range(1, 1000)]
    public int MaxDevices { get; set; } = 16;

    /// <summary>The part of an inbox that one sender may take; 1 for all of it.</summary>
    [Range(0.01, 1.0)]
    public double ShareOfSender { get; set; } = 0.25;

    /// <summary>
    /// The part of an inbox that all senders of one address may take together; 1 where all users have one address.
    /// </summary>
    [Range(0.01, 1.0)]
    public double ShareOfAddress { get; set; } = 0.5;

    /// <summary>How many bytes one user may have stored in a day by one webapp, in whichever inboxes; an eighth of them at once.</summary>
    [Range(1_048_576, long.MaxValue)]
    public long StoredBytesPerDayOfSender { get; set; } = 134_217_728;

    /// <summary>
    /// How many bytes all users of one address together may have stored in a day by one webapp; an eighth of them at
    /// once.
    /// </summary>
    [Range(1_048_576, long.MaxValue)]
    public long StoredBytesPerDayOfAddress { get; set; } = 536_870_912;

    /// <summary>How often what a crash or a lost node has left undelivered is looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How many sessions one webapp delivers stored signals to at the same time.</summary>
    [Range(1, 64)]
    public int Deliverers { get; set; } = 8;
}
