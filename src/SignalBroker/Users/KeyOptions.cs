using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;
using SignalBroker.Hosting;
using SignalBroker.Identity;

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

    /// <summary>Reads an entry.</summary>
    /// <exception cref="InvalidSettingException">It does not hold exactly one usable key.</exception>
    public static SecurityKey Read(IConfigurationSection entry)
    {
        var options = entry.Get<KeyOptions>() ?? new KeyOptions();
        Settings.Check(entry.Path, options);
        (string Member, string? Value)[] forms =
        [
            (nameof(Secret), options.Secret),
            (nameof(SecretBase64Url), options.SecretBase64Url),
            (nameof(Pem), options.Pem),
            (nameof(PemFile), options.PemFile),
        ];
        if (Array.FindAll(forms, form => form.Value is not null) is not [var (member, value)])
        {
            throw new InvalidSettingException(
                $"{entry.Path}: needs exactly one of {string.Join(", ", forms.Select(form => form.Member))}."
            );
        }

        try
        {
            return Create(member, options.Id, value!);
        }
        catch (Exception wrong)
            when (wrong is CryptographicException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidSettingException($"{entry.Path}:{member}: can't be used: {wrong.Message.TrimEnd('.')}.");
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
            // A public key that stands where a secret belongs would let everybody sign.
            _ => PemEncoding.TryFind(value, out _)
                ? throw new CryptographicException("a PEM is no secret")
                : SigningKey.OfSecret(id, Encoding.UTF8.GetBytes(value)),
        };
}
