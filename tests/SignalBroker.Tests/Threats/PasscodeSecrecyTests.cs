using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using SignalBroker.Tests.Compatibility;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A passcode shows up nowhere but where it is handed out, on servers that log all that they can.</summary>
[Collection<OriginalCollection>]
public sealed class PasscodeSecrecyTests(OriginalCluster servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_that_is_logged_or_listed_holds_a_passcode_after_all_that_can_go_wrong()
    {
        await servers.Servers.Nodes[0].RunCtlAsync("set_log_level", "debug");
        await using var listener = await Listener.StartAsync(servers.Api);
        await servers.Api.ExchangeAsync(listener.Session, new { to = listener.Session.UserId, content = 1 });

        await LogInWronglyAsync(listener.Session);
        await SendBrokenFramesAsync();
        await SendBrokenRequestsAsync(listener.Session);
        await AskWithoutWebappsAsync();
        await AskWithoutDatabaseAsync(listener.Session);

        // While it all goes on, for what the node lists of a session that listens.
        await using var another = await Listener.StartAsync(servers.Api);
        await Passcodes.ExpectNoLeakAsync(servers.Servers);
    }

    [Fact]
    public async Task What_would_be_found_is_found()
    {
        var session = await servers.Api.ConnectAsync();
        var log = Path.Combine(servers.Servers.LogFolder, "planted.log");
        foreach (var planted in new[] { session.Passcode, session.Authorization.ToString(), session.Passcode[..20] })
        {
            await File.WriteAllTextAsync(log, $"a line\n… {planted} …\n", Token);
            (await Passcodes.FindLeaksAsync(servers.Servers)).ShouldHaveSingleItem().ShouldStartWith(log);
        }

        File.Delete(log);
    }

    private static async Task LogInWronglyAsync(ConnectedSession listening)
    {
        await using var socket = await StompSocket.OpenAsync(listening.ListeningAddress);
        foreach (var login in new[] { listening.ListeningKey, listening.UserId, "guest", "signalbroker-webapp", "" })
        {
            (await socket.TryConnectAsync(login, listening.Passcode)).ShouldBeFalse();
        }
    }

    private async Task SendBrokenFramesAsync()
    {
        (string Name, string Value)[][] broken =
        [
            [("heart-beat", "often")],
            [("heart-beat", "1")],
            [("heart-beat", "-1,-1")],
            [("heart-beat", "99999999999999999999,0")],
            [("accept-version", "9.9")],
            [("host", "elsewhere")],
            [("content-length", "many")],
            [("content-length", "-5")],
            [("login", "again")],
            [("passcode", "again")],
            [("no-value", "")],
        ];
        foreach (var headers in broken)
        {
            var session = await servers.Api.ConnectAsync();
            await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
            try
            {
                await socket.SendAsync(
                    "CONNECT",
                    [.. headers, ("login", session.ListeningKey), ("passcode", session.Passcode), ("host", "/")]
                );
                if (await socket.ReadAsync() is { Command: "CONNECTED" })
                {
                    // A CONNECT here would put its passcode, then good for nothing, into the node's own crash report.
                    await socket.SendAsync("NONSENSE", [("passcode", session.Passcode), .. headers]);
                    await socket.ExpectRefusalAsync();
                }
            }
            catch (Exception dropped)
                when (dropped is WebSocketException or OperationCanceledException { InnerException: IOException })
            {
                // Some of them make the node drop the socket.
            }
        }
    }

    private async Task SendBrokenRequestsAsync(ConnectedSession session)
    {
        var pair = session.Authorization.Parameter!;
        AuthenticationHeaderValue[] authorizations =
        [
            session.Authorization,
            new("Basic", pair + "!"),
            new("Basic", pair[1..]),
            new("Bearer", session.Passcode),
            new("Bearer", pair),
            new("Digest", $"response=\"{session.Passcode}\""),
        ];
        foreach (var authorization in authorizations)
        {
            foreach (var body in new[] { "", "{", "{\"to\":1}", $"{{\"passcode\":\"{session.Passcode}\"", "[]" })
            {
                foreach (var type in new[] { "application/json", "application/x-www-form-urlencoded", "text/plain" })
                {
                    using var content = new StringContent(body, Encoding.UTF8, type);
                    var request = new HttpRequestMessage(HttpMethod.Post, "/exchange") { Content = content };
                    (await servers.Api.SendAsync(request, authorization)).Status.ShouldBeOneOf(
                        HttpStatusCode.BadRequest,
                        HttpStatusCode.Unauthorized,
                        HttpStatusCode.UnsupportedMediaType
                    );
                }
            }
        }

        var large = new { to = "anybody", content = new string('x', 100_000) };
        (await servers.Api.ExchangeAsync(session, large)).Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    private async Task AskWithoutWebappsAsync()
    {
        var session = await servers.Api.ConnectAsync();
        foreach (var webapp in servers.Servers.Webapps)
        {
            webapp.Pause();
        }

        try
        {
            await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
            (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeFalse();
            await Should.ThrowAsync<Exception>(() =>
                Management.OpenAmqpAsync(servers.Servers.Nodes[0], session.ListeningKey, session.Passcode)
            );
        }
        finally
        {
            foreach (var webapp in servers.Servers.Webapps)
            {
                webapp.Resume();
            }
        }

        await servers.Servers.AllNodesReadyAsync();
    }

    private async Task AskWithoutDatabaseAsync(ConnectedSession listening)
    {
        var session = await servers.Api.ConnectAsync();
        await servers.Servers.Postgres.StopAsync(Token);
        try
        {
            await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
            (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeFalse();
            await Eventually.HoldsAsync(async () =>
                (await servers.Api.ExchangeAsync(listening, new { to = "anybody", content = 1 })).Status.ShouldBe(
                    HttpStatusCode.ServiceUnavailable
                )
            );
            (await servers.Api.DisconnectAsync(session)).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }
        finally
        {
            await servers.Servers.Postgres.StartAsync(Token);
        }

        await Eventually.HoldsAsync(async () =>
            (await servers.Api.PostAsync("/connect", new { })).Status.ShouldBe(HttpStatusCode.OK)
        );
    }
}
