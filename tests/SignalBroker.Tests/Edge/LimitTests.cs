using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Edge;

[Collection(nameof(HaproxyCollection))]
public sealed class HaproxyLimitTests(HaproxyServers edge) : LimitTests(edge);

[Collection(nameof(NginxCollection))]
public sealed class NginxLimitTests(NginxServers edge) : LimitTests(edge);

/// <summary>Which sockets the proxy opens, and for whom the webapps take a client.</summary>
public abstract class LimitTests(EdgeServers edge)
{
    // Bursts of ten seconds' worth pass: 50, and what comes while they do.
    private const int MoreThanABurst = 1_000;

    private string Node => edge.Servers.Nodes[0].PublicListeningAddress;

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1")]
    public async Task A_page_of_another_origin_gets_no_socket(string origin) =>
        (await TryOpenAsync(edge.Api, origin)).ShouldBe(HttpStatusCode.Forbidden);

    [Fact]
    public async Task The_own_page_and_programs_get_one()
    {
        (await TryOpenAsync(edge.Api, edge.Edge.Address)).ShouldBeNull();
        (await TryOpenAsync(edge.Api, origin: null)).ShouldBeNull();
    }

    [Fact]
    public async Task An_address_has_as_many_sockets_as_it_may()
    {
        var api = edge.ApiFrom(EdgeServers.NewAddress());
        var sockets = new List<Listener>();
        while (sockets.Count < EdgeServers.SocketsPerAddress)
        {
            sockets.Add(await Listener.StartStompAsync(await api.ConnectAsync(), api.Through));
        }

        (await TryOpenAsync(api)).ShouldBe(HttpStatusCode.TooManyRequests);
        (await TryOpenAsync(edge.ApiFrom(EdgeServers.NewAddress()))).ShouldBeNull();

        await sockets[0].DisposeAsync();
        await Eventually.HoldsAsync(async () => (await TryOpenAsync(api)).ShouldBeNull());
        foreach (var socket in sockets.Skip(1))
        {
            socket.Closed.IsCompleted.ShouldBeFalse();
            await socket.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_address_opens_no_more_than_so_many_a_second()
    {
        var api = edge.ApiFrom(EdgeServers.NewAddress());
        var opened = 0;
        while (opened < MoreThanABurst && await TryOpenAsync(api) is null)
        {
            opened++;
        }

        opened.ShouldBeInRange(10, MoreThanABurst - 1);
        (await TryOpenAsync(edge.ApiFrom(EdgeServers.NewAddress()))).ShouldBeNull();
    }

    [Fact]
    public async Task The_webapps_count_by_the_clients_own_address_whatever_it_pretends()
    {
        var api = edge.ApiFrom(EdgeServers.NewAddress());
        for (var session = 0; session < EdgeServers.SessionsPerAddress; session++)
        {
            (await ConnectAsync("203.0.113.7")).Status.ShouldBe(HttpStatusCode.OK);
        }

        var refused = await ConnectAsync("203.0.113.8");
        refused.Code.ShouldBe("too-many-sessions-of-address");
        await edge.ApiFrom(EdgeServers.NewAddress()).ConnectAsync();

        Task<Answer> ConnectAsync(string pretended)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/connect") { Content = JsonContent.Create(new { }) };
            request.Headers.Add("X-Forwarded-For", pretended);
            request.Headers.Add("Forwarded", $"for={pretended}");
            return api.SendAsync(request);
        }
    }

    [Fact]
    public async Task The_own_page_may_open_sessions_and_another_may_not()
    {
        (await ConnectAsync(edge.Edge.Address)).Status.ShouldBe(HttpStatusCode.OK);
        (await ConnectAsync("https://evil.example")).Code.ShouldBe("origin-not-allowed");

        // Without Sec-Fetch-Site, as old browsers do it: the webapp goes by what the proxy says.
        Task<Answer> ConnectAsync(string origin)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/connect") { Content = JsonContent.Create(new { }) };
            request.Headers.Add("Origin", origin);
            return edge.Api.SendAsync(request);
        }
    }

    // Null if the socket opens, and closes again; else the answer's status.
    private async Task<HttpStatusCode?> TryOpenAsync(Api api, string? origin = null)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.AddSubProtocol("v12.stomp");
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        try
        {
            await socket.ConnectAsync(new(Node), api.Through, TestContext.Current.CancellationToken);
            return null;
        }
        catch (WebSocketException) when (Enum.IsDefined(socket.HttpStatusCode))
        {
            return socket.HttpStatusCode;
        }
    }
}
