using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace SignalBroker.Users;

/// <summary>One entry under <c>Users:Keys:</c>: a key that tokens are signed with.</summary>
internal sealed class KeyOptions
{
    public const string Section = UsersOptions.Section + ":Keys";

    /// <summary>The key's <c>kid</c>, as in the tokens; left out when the issuer does not name its keys.</summary>
    [MinLength(1)]
    public string? Id { get; set; }

    /// <summary>
    /// The secret of HS256 as a text of at least 32 bytes. Each key has exactly one of this and the three below.
    /// </summary>
    public string? Secret { get; set; }

    /// <summary>The secret of HS256 in base64url, without padding.</summary>
    public string? SecretBase64Url { get; set; }

    /// <summary>The public key of RS256 (2048 to 8192 bits) or ES256 (P-256), or a certificate of it, in PEM.</summary>
    public string? Pem { get; set; }

    /// <summary>A file that holds that PEM.</summary>
    public string? PemFile { get; set; }

    /// <summary>Makes the key.</summary>
    /// <param name="path">Where it is in the configuration.</param>
    /// <exception cref="InvalidSettingException">There is not exactly one usable key.</exception>
    public SecurityKey Create(string path)
    {
        (string Member, string? Value)[] forms =
        [
            (nameof(Secret), Secret),
            (nameof(SecretBase64Url), SecretBase64Url),
            (nameof(Pem), Pem),
            (nameof(PemFile), PemFile),
        ];
        if (Array.FindAll(forms, form => form.Value is not null) is not [var (member, value)])
        {
            throw new InvalidSettingException(
                $"{path}: needs exactly one of {string.Join(", ", forms.Select(form => form.Member))}."
            );
        }

        try
        {
            return Create(member, Id, value!);
        }
        catch (Exception wrong)
            when (wrong is CryptographicException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidSettingException($"{path}:{member}: can't be used: {wrong.Message.TrimEnd('.')}.");
        }
    }

    private static SecurityKey Create(string member, string? id, string value) =>
        member switch
        {
            nameof(Pem) => SigningKey.OfPem(id, value),
            nameof(PemFile) => SigningKey.OfPem(id, File.ReadAllText(value)),
            nameof(SecretBase64Url) => StrictBase64Url.TryDecode(value, out var bytes)
                ? SigningKey.OfSecret(id, bytes)
                : throw new CryptographicException("it is not base64url without padding"),
            // With a public key for a secret, anybody could sign.
            _ => PemEncoding.TryFind(value, out _)
                ? throw new CryptographicException("a PEM is no secret")
                : SigningKey.OfSecret(id, Encoding.UTF8.GetBytes(value)),
        };
}
