using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace SignalBroker.Identity;

/// <summary>One entry under <c>Users:ServiceKeys:</c>: a backend that may connect users and send as the application.</summary>
internal sealed class ServiceKeyOptions
{
    public const string Section = "Users:ServiceKeys";

    /// <summary>The application's name, which listeners see: 1 to 64 characters, each a-z, A-Z, 0-9 or one of . _ -.</summary>
    [Required, RegularExpression("^[A-Za-z0-9._-]{1,64}$")]
    public string Name { get; set; } = "";

    /// <summary>The SHA-256 of the key in hexadecimal digits; the key itself is only the backend's.</summary>
    [
        Required,
        RegularExpression("^[0-9A-Fa-f]{64}$", ErrorMessage = "must be the SHA-256 of the key: 64 hexadecimal digits.")
    ]
    public string Sha256 { get; set; } = "";
}

/// <summary>What a request says of a service key.</summary>
/// <param name="IsPresent">Whether it has one, right or wrong.</param>
/// <param name="Application">The name of the application whose key it is; null if the key is wrong.</param>
internal readonly record struct PresentedServiceKey(bool IsPresent, string? Application);

/// <summary>The keys of backends: <c>Authorization: ServiceKey …</c>.</summary>
/// <remarks>A scheme of its own, so that no user's token is ever taken for a service key or the other way round.</remarks>
internal sealed class ServiceKeys(IEnumerable<ServiceKeyOptions> configured)
{
    /// <summary>The challenge of a 401.</summary>
    public const string Challenge = "ServiceKey realm=\"signals\"";

    // Too long to be guessed, because the hash is a fast one.
    private const int MinLength = 32;
    private const int MaxLength = 512;
    private const string Scheme = "ServiceKey ";

    private readonly (string Name, byte[] Hash)[] keys =
    [
        .. configured.Select(key => (key.Name, Convert.FromHexString(key.Sha256))),
    ];

    /// <summary>Reads a request's service key.</summary>
    public PresentedServiceKey Read(HttpRequest request) =>
        request.Headers[HeaderNames.Authorization] is [{ } value]
        && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? new(IsPresent: true, Find(value.AsSpan(Scheme.Length).Trim()))
            : default;

    private string? Find(ReadOnlySpan<char> key)
    {
        if (key.Length is < MinLength or > MaxLength)
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key.ToString()), hash);
        string? found = null;
        // Always to the end, so that the time does not tell which one is right.
        foreach (var known in keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known.Hash))
            {
                found = known.Name;
            }
        }

        return found;
    }
}
