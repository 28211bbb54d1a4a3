namespace SignalBroker.Client.Http;

/// <summary>The HTTP connections that all clients of the process share, and that their WebSockets begin as.</summary>
internal static class SharedHttp
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    // Lets a client see that a name has moved to another address.
    private static readonly TimeSpan LifeTime = TimeSpan.FromMinutes(5);

    public static HttpMessageInvoker Invoker { get; } =
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                ConnectTimeout = ConnectTimeout,
                PooledConnectionLifetime = LifeTime,
            }
        );
}
