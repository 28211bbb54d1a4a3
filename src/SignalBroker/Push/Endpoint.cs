using System.Diagnostics.CodeAnalysis;

namespace SignalBroker.Push;

/// <summary>The address where a browser's push service takes pushes; whoever knows it can push.</summary>
internal static class Endpoint
{
    public const string Rule =
        "must be the https:// address that the browser's push service gave, of a service that is allowed here";

    private const int Longest = 2048;

    /// <summary>Reads an address, which the settings must allow.</summary>
    public static bool TryRead(string? text, PushOptions options, [NotNullWhen(true)] out Uri? endpoint)
    {
        endpoint = null;
        if (
            text is not { Length: > 0 and <= Longest }
            || !Uri.TryCreate(text, UriKind.Absolute, out var address)
            || address.UserInfo.Length > 0
            || !options.Allows(address.IdnHost)
        )
        {
            return false;
        }

        var isFit = options.AllowPrivateEndpoints
            ? address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp
            : address.Scheme == Uri.UriSchemeHttps
                && address.IsDefaultPort
                && address.HostNameType == UriHostNameType.Dns;
        endpoint = isFit ? address : null;
        return isFit;
    }
}
