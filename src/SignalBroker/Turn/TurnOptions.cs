using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace SignalBroker.Turn;

/// <summary>The settings under <c>Turn:</c>.</summary>
internal sealed partial class TurnOptions : IValidatableObject
{
    public const string Section = "Turn";

    private const string TooShort = "must have at least 16 characters.";
    private const string HostAndPort = @"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?";

    /// <summary>The STUN servers, like <c>stun:turn.example:3478</c>.</summary>
    public IReadOnlyList<string> Stun { get; set; } = [];

    /// <summary>The TURN servers, like <c>turn:turn.example:3478?transport=udp</c> or <c>turns:turn.example:5349</c>.</summary>
    public IReadOnlyList<string> Addresses { get; set; } = [];

    /// <summary>
    /// The secret that is shared with the TURN servers, of at least 16 characters: coturn's <c>use-auth-secret</c> and
    /// <c>static-auth-secret</c>.
    /// </summary>
    [MinLength(16, ErrorMessage = TooShort)]
    public string? Secret { get; set; }

    /// <summary>The previous secret, for as long as a TURN server knows only that.</summary>
    [MinLength(16, ErrorMessage = TooShort)]
    public string? PreviousSecret { get; set; }

    /// <summary>
    /// How long credentials are valid; a client gets new ones from <c>/ice-servers</c> before
    /// <c>iceServersTimeToLive</c> has passed.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan LifeTime { get; set; } = TimeSpan.FromHours(12);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Stun.Any(address => !StunAddress().IsMatch(address)))
        {
            yield return new("each must be like stun:turn.example:3478.", [nameof(Stun)]);
        }

        if (Addresses.Any(address => !TurnAddress().IsMatch(address)))
        {
            yield return new("each must be like turn:turn.example:3478?transport=udp.", [nameof(Addresses)]);
        }

        if (Addresses.Count > 0 && Secret is null)
        {
            yield return new("is needed for Turn:Addresses.", [nameof(Secret)]);
        }
    }

    // RFC 7064 and 7065, strictly: with a single wrong address a browser makes no RTCPeerConnection at all.
    [GeneratedRegex($@"^stuns?:{HostAndPort}\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StunAddress();

    [GeneratedRegex(
        $@"^turns?:{HostAndPort}(\?transport=(udp|tcp))?\z",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex TurnAddress();
}
