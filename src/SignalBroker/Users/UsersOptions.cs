using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Users;

/// <summary>Whether users prove who they are when they connect.</summary>
internal enum TokenUse
{
    /// <summary>Anybody may connect as anybody; tokens are not looked at.</summary>
    Off,

    /// <summary>Whoever has no token is an anonymous user; a user id needs a token.</summary>
    Optional,

    /// <summary>Nobody connects without a token.</summary>
    Required,
}

/// <summary>The algorithms that a token may be signed with (RFC 7518, section 3).</summary>
[Flags]
internal enum TokenAlgorithms
{
    /// <summary>None at all.</summary>
    None = 0,

    /// <summary>HMAC with SHA-256.</summary>
    HS256 = 1,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    RS256 = 2,

    /// <summary>ECDSA on P-256 with SHA-256.</summary>
    ES256 = 4,
}

/// <summary>The settings under <c>Users:</c>, except for its keys.</summary>
internal sealed class UsersOptions
{
    public const string Section = "Users";

    /// <summary>Whether users prove who they are when they connect.</summary>
    public TokenUse Tokens { get; set; } = TokenUse.Off;

    /// <summary>Whether a signal to a user who was never seen is answered 404 <c>user-unknown</c>.</summary>
    public bool Registry { get; set; }

    /// <summary>How long an anonymous user who is away stays known, and a member of rooms.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan ForgetAnonymousAfter { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How often such users are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many new users and devices an address may connect per day and webapp; an eighth at once.</summary>
    [Range(8, long.MaxValue)]
    public long NewPerDayOfAddress { get; set; } = 20_000;

    /// <summary>The algorithms that are allowed, like <c>RS256, ES256</c>; a key allows only the one of its own kind in any case.</summary>
    [Range(1, 7)]
    public TokenAlgorithms Algorithms { get; set; } =
        TokenAlgorithms.HS256 | TokenAlgorithms.RS256 | TokenAlgorithms.ES256;

    /// <summary>What a token's <c>iss</c> must be; anything if left out.</summary>
    [MinLength(1)]
    public string? Issuer { get; set; }

    /// <summary>
    /// What a token's <c>aud</c> must be or contain; without this setting, a token that has an <c>aud</c> is refused.
    /// </summary>
    [MinLength(1)]
    public string? Audience { get; set; }

    /// <summary>
    /// The claim that is the user id. It must be one that users can't choose: with an unverified <c>email</c> anybody
    /// can be anybody.
    /// </summary>
    [RegularExpression(
        @"[!#-\[\]-~]{1,128}",
        ErrorMessage = "must be the name of a claim: 1 to 128 ASCII characters, without white space, quotation marks and backslashes"
    )]
    public string UserIdClaim { get; set; } = "sub";

    /// <summary>How far the clocks of issuer and webapp may differ.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>The settings under <c>Users:KeySet:</c>: where the issuer publishes its keys (a JWK set, RFC 7517).</summary>
internal sealed class KeySetOptions
{
    public const string Section = UsersOptions.Section + ":KeySet";

    /// <summary>
    /// The address where the issuer publishes its keys: <c>https://…</c>, or <c>http://</c> on this machine; for RS256
    /// and ES256 only.
    /// </summary>
    public Uri? Address { get; set; }

    /// <summary>How old keys get before they are fetched again; a withdrawn key may work for that long.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The shortest time between two fetches. A token with an unknown key makes the webapp look for a new one, but not
    /// more often than this; until then <c>/connect</c> answers it 503.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan MinInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long keys are good while the address does not answer; then <c>/connect</c> answers 503.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromHours(1);
}
