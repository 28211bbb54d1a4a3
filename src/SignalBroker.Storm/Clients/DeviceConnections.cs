using System.Net.Sockets;

namespace SignalBroker.Storm.Clients;

/// <summary>How devices connect: to which webapps, from which addresses, and by which protocol.</summary>
/// <param name="protocol">Null for MQTT where the node offers it, and STOMP elsewhere.</param>
public sealed class DeviceConnections(
    IReadOnlyList<Uri> servers,
    SourceAddresses sources,
    ListenerProtocol? protocol = null
) : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);

    private int next = -1;

    public SourceAddresses Sources => sources;

    public ListenerProtocol? Protocol => protocol;

    /// <summary>What requests go through; connections are kept and shared.</summary>
    public HttpMessageInvoker Http { get; } =
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                ConnectTimeout = ConnectTimeout,
                // A stream of events that is cut has no end to wait for.
                ResponseDrainTimeout = TimeSpan.Zero,
                ConnectCallback = async (context, cancellationToken) =>
                {
                    var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
                    return new NetworkStream(
                        await sources.ConnectAsync(host, port, cancellationToken),
                        ownsSocket: true
                    );
                },
            }
        );

    /// <summary>The webapp whose turn it is.</summary>
    public Uri NextServer() => servers[(int)((uint)Interlocked.Increment(ref next) % (uint)servers.Count)];

    public void Dispose() => Http.Dispose();
}
