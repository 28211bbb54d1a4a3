using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Mqtt;

/// <summary>Listening by MQTT without a WebSocket, as programs and devices do: the same rules and bounds.</summary>
public sealed partial class MqttTcpTests(MqttOnly servers) : IClassFixture<MqttOnly>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Uri Address => servers.Node.MqttTcpAddress!;

    /// <summary>What docs/reference/wire-format.md tells people to type.</summary>
    [Fact]
    public async Task The_pages_lines_listen_as_they_are()
    {
        var root = Browser.FindRoot();
        var page = await File.ReadAllTextAsync(Path.Combine(root, "docs", "reference", "wire-format.md"), Token);
        var script = Lines().Matches(page).ShouldHaveSingleItem().Groups["script"].Value;
        const string There = "-h node1.example -p 1883";
        script.ShouldContain(There);
        using var bob = Process.Start(
            new ProcessStartInfo("bash", ["-c", script.Replace(There, $"-h {Address.Host} -p {Address.Port}")])
            {
                Environment = { ["url"] = servers.Api.Address.GetLeftPart(UriPartial.Authority) },
                UseShellExecute = false,
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            await using var alice = await Listener.StartMqttAsync(await servers.Api.ConnectAsync());
            await Eventually.HoldsAsync(async () =>
                (await servers.Api.ExchangeAsync(alice.Session, new { to = "bob", content = "hello" }))
                    .Outcomes.ShouldHaveSingleItem()
                    .Outcome.ShouldBe("queued")
            );

            var line = await bob.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(Patience, Token);
            using var envelope = JsonDocument.Parse(line.ShouldNotBeNull());
            envelope.RootElement.GetProperty("content").GetString().ShouldBe("hello");
        }
        finally
        {
            bob.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task A_program_listens_and_sends_and_only_as_itself()
    {
        var (own, other) = (await servers.Api.ConnectAsync(), await servers.Api.ConnectAsync());
        (await OpenAsync(own, @as: other)).ShouldBeNull();
        await using var socket = (await OpenAsync(own)).ShouldNotBeNull();
        (await socket.SubscribeAsync(MqttSocket.OfferOf(own).Subscribe)).ShouldBeTrue();

        await servers.Api.ExchangeAsync(own, new { to = own.UserId, content = "hello" });

        (await socket.ReceiveAsync()).ShouldNotBeNull().ShouldContain("\"content\":\"hello\"");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_does_not_listen_is_closed(bool isLoggedIn)
    {
        if (isLoggedIn)
        {
            await using var socket = (await OpenAsync(await servers.Api.ConnectAsync())).ShouldNotBeNull();
            await socket.Closed.WaitAsync(Patience, Token);
            return;
        }

        using var mute = new TcpClient();
        await mute.ConnectAsync(Address.Host, Address.Port, Token);
        (await mute.GetStream().ReadAsync(new byte[1], Token).AsTask().WaitAsync(Patience, Token)).ShouldBe(0);
    }

    [Fact]
    public async Task Whoever_reads_nothing_is_closed()
    {
        var session = await servers.Api.ConnectAsync();
        using var reader = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            // Before connecting, so that the window is small from the first packet on.
            ReceiveBufferSize = 4096,
        };
        await reader.ConnectAsync(Address.Host, Address.Port, Token);
        await reader.SendAsync(MqttPacket.Connect(session), Token);
        (await ReadAsync(4)).ShouldBe([0x20, 2, 0, 0]);
        await reader.SendAsync(MqttPacket.Subscribe(session.ListeningKey), Token);
        (await ReadAsync(5)).ShouldBe([0x90, 3, 0, 1, 0]);
        await using var sender = await Listener.StartMqttAsync(await servers.Api.ConnectAsync());
        var signal = new { to = session.UserId, content = new string('x', 60_000) };

        var watch = Stopwatch.StartNew();
        while ((await servers.Api.ExchangeAsync(sender.Session, signal)).OutcomeOrCode != "user-not-listening")
        {
            watch.Elapsed.ShouldBeLessThan(Patience);
        }

        async Task<byte[]> ReadAsync(int count)
        {
            var answer = new byte[count];
            var read = await reader.ReceiveAsync(answer, Token);
            return answer[..read];
        }
    }

    private Task<MqttSocket?> OpenAsync(ConnectedSession session, ConnectedSession? @as = null) =>
        MqttSocket.OpenAsync(
            session,
            options => options.WithClientId((@as ?? session).ListeningKey),
            withoutWebSocket: Address
        );

    [GeneratedRegex("```sh\n(?<script>session=.*?)```", RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Lines();
}
