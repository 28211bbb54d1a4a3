using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Lib.Net.Http.WebPush;

namespace SignalBroker.Push;

/// <summary>The settings under <c>Push:</c>.</summary>
internal sealed class PushOptions : IValidatableObject
{
    public const string Section = "Push";

    private const int MaxDoublings = 20;

    // The push services of Chromium, Firefox, Safari and Edge.
    private static readonly string[] KnownHosts =
    [
        "fcm.googleapis.com",
        "*.push.services.mozilla.com",
        "*.push.apple.com",
        "*.notify.windows.com",
    ];

    /// <summary>
    /// The private key (P-256) by which push services know this server: base64url of its 32 bytes, or PEM. Without one
    /// nothing is pushed.
    /// </summary>
    public string? PrivateKey { get; set; }

    /// <summary>A file that holds that key, instead.</summary>
    public string? PrivateKeyFile { get; set; }

    /// <summary>
    /// While the key changes, a second one, for browsers that have subscribed with it: first the next one, then the previous
    /// one, until those browsers have come back.
    /// </summary>
    public string? OtherPrivateKey { get; set; }

    /// <summary>A file that holds the second key, instead.</summary>
    public string? OtherPrivateKeyFile { get; set; }

    /// <summary>
    /// Whom a push service's operator can contact: <c>mailto:operator@signal.example</c> or
    /// <c>https://signal.example</c>. Needed beside a key.
    /// </summary>
    public string? Subject { get; set; }

    /// <summary>
    /// The hosts that endpoints may have; <c>*.push.example</c> stands for all names that end like that, <c>*</c> for
    /// every name. If left out, those of Google, Mozilla, Apple and Microsoft.
    /// </summary>
    public IReadOnlyList<string>? AllowedHosts { get; set; }

    /// <summary>Whether endpoints may be private and without TLS: for tests only.</summary>
    public bool AllowPrivateEndpoints { get; set; }

    /// <summary>
    /// How many subscriptions a user may have; a further one replaces the one that was registered longest ago.
    /// </summary>
    [Range(1, 1000)]
    public int MaxPerUser { get; set; } = 10;

    /// <summary>How many new subscriptions one address may register in a day at one webapp; an eighth of them at once.</summary>
    [Range(8, long.MaxValue)]
    public long SubscriptionsPerDayOfAddress { get; set; } = 2_000;

    /// <summary>The shortest time between two pushes to one subscription.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>For how long a user who listens may leave a stored signal unsettled before it is looked at again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan LookAgainAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How urgent a push is to the device that gets it (RFC 8030, section 5.3): <c>VeryLow</c> reaches it on power and Wi-Fi
    /// only, <c>Low</c> on either, <c>Normal</c> on neither, <c>High</c> on a low battery as well.
    /// </summary>
    public PushMessageUrgency Urgency { get; set; } = PushMessageUrgency.Normal;

    /// <summary>How long a push service may take to answer.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a push is tried; it also ends with the signal's time to live.</summary>
    [Range(1, 10_000)]
    public int MaxAttempts { get; set; } = 100;

    /// <summary>The wait after the first failure, at most; each further one doubles it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan Backoff { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The wait after any failure, at most, unless the push service asks for more.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often due pushes are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many pushes one webapp sends at the same time.</summary>
    [Range(1, 256)]
    public int AtOnce { get; set; } = 16;

    /// <summary>Whether an endpoint may have this host.</summary>
    public bool Allows(string host) =>
        AllowedHosts is { } allowed
            ? allowed.Contains("*") || HostNames.Contains(allowed, host)
            : HostNames.Contains(KnownHosts, host);

    /// <summary>How long to wait after a failure: twice as long each time, and up to half of it less.</summary>
    /// <param name="failures">How many there have been, this one included.</param>
    /// <param name="asked">How long the push service has asked to wait, at least.</param>
    public TimeSpan DelayAfter(int failures, TimeSpan? asked)
    {
        var longest = Backoff * Math.Pow(2, Math.Min(failures - 1, MaxDoublings));
        var bounded = longest < MaxBackoff ? longest : MaxBackoff;
        // Those that have failed together should not come back together.
        var delay = bounded * (1 - (RandomNumberGenerator.GetInt32(1000) / 2000.0));
        return asked > delay ? asked.Value : delay;
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PrivateKey is not null && PrivateKeyFile is not null)
        {
            yield return new($"is not needed beside {nameof(PrivateKeyFile)}.", [nameof(PrivateKey)]);
        }

        if (OtherPrivateKey is not null && OtherPrivateKeyFile is not null)
        {
            yield return new($"is not needed beside {nameof(OtherPrivateKeyFile)}.", [nameof(OtherPrivateKey)]);
        }

        if ((OtherPrivateKey ?? OtherPrivateKeyFile) is not null && (PrivateKey ?? PrivateKeyFile) is null)
        {
            yield return new("is needed beside a second one.", [nameof(PrivateKey)]);
        }

        if ((PrivateKey ?? PrivateKeyFile) is not null && !IsContact(Subject))
        {
            yield return new(
                "must be like mailto:operator@signal.example or https://signal.example.",
                [nameof(Subject)]
            );
        }
    }

    // RFC 8292, section 2.1. It goes into the token as it is, so it must not contain quotation marks.
    private static bool IsContact(string? subject) =>
        Uri.IsWellFormedUriString(subject, UriKind.Absolute)
        && (
            subject.StartsWith("mailto:", StringComparison.Ordinal)
            || subject.StartsWith("https://", StringComparison.Ordinal)
        );
}
