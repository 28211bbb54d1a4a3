using System.Net;
using System.Net.Sockets;

namespace SignalBroker.Hosting;

/// <summary>Networks in the configuration, and the address that a client is counted under.</summary>
internal static class Networks
{
    private const int ClientPrefixBytes = 8;

    /// <summary>Reads a list of CIDR networks.</summary>
    /// <exception cref="InvalidSettingException">One is not like <c>10.0.0.0/8</c>.</exception>
    public static IReadOnlyList<IPNetwork> Read(IEnumerable<string> networks, string key) =>
        [
            .. networks.Select(text =>
                IPNetwork.TryParse(text, out var network)
                    ? network
                    : throw new InvalidSettingException($"{key}: '{text}' is not a network like 10.0.0.0/8.")
            ),
        ];

    /// <summary>
    /// The address that a request is counted under: of an IPv6 address the first 64 bits, because a single client
    /// usually has the other 64 to itself (RFC 6177).
    /// </summary>
    public static IPAddress ClientOf(HttpContext context)
    {
        var address = Plain(context.Connection.RemoteIpAddress ?? IPAddress.None);
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(ClientPrefixBytes).Clear();
        return new(bytes);
    }

    /// <summary>An IPv4 address that came as an IPv6 one, as IPv4.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
