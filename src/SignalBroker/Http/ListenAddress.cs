using System.Net;

namespace SignalBroker.Http;

/// <summary>Where one of the two ports is.</summary>
/// <param name="Key">The setting that says so.</param>
/// <param name="Ip">Null for localhost, whatever its addresses are.</param>
internal sealed record ListenAddress(string Key, IPAddress? Ip, int Port)
{
    /// <exception cref="InvalidSettingException">The setting is no address.</exception>
    public static ListenAddress OfPublic(ListenersOptions options) => Read(nameof(options.Public), options.Public);

    /// <inheritdoc cref="OfPublic" />
    public static ListenAddress OfInternal(ListenersOptions options) =>
        Read(nameof(options.Internal), options.Internal);

    private static ListenAddress Read(string name, string address)
    {
        var key = $"{ListenersOptions.Section}:{name}";
        if (
            !Uri.TryCreate(address.Replace("*", "0.0.0.0"), UriKind.Absolute, out var uri)
            || uri.Scheme != Uri.UriSchemeHttp
        )
        {
            throw new InvalidSettingException(
                $"{key}: must be like http://127.0.0.1:8080; put a proxy in front for TLS."
            );
        }

        return IPAddress.TryParse(uri.DnsSafeHost, out var ip) ? new(key, ip, uri.Port)
            : uri.IsLoopback ? new(key, null, uri.Port)
            : throw new InvalidSettingException($"{key}: the host must be an IP address, localhost or *.");
    }
}
