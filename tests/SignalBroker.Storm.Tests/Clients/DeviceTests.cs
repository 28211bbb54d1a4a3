using System.Text;
using System.Threading.Channels;
using SignalBroker.Client;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Tests.Harness;

namespace SignalBroker.Storm.Tests.Clients;

/// <summary>What a device receives, and how it learns that it is closed.</summary>
[Collection<OneWebappTests>]
public sealed class DeviceTests(OneWebapp webapp) : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly DeviceConnections connections = new([webapp.Url], new SourceAddresses());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => connections.Dispose();

    [Fact]
    public async Task A_signal_of_any_size_arrives_byte_for_byte()
    {
        var heard = Channel.CreateUnbounded<string>();
        await using var device = await Device.ConnectOnceAsync(
            connections,
            null,
            envelope => heard.Writer.TryWrite(Encoding.UTF8.GetString(envelope.Span)),
            Token
        );

        foreach (var size in (int[])[1, 100, 4_000, 20_000, 60_000])
        {
            var content = $"\"{new string('é', size / 2)}\"";
            (await device.SendAsync(device.Session.UserId, content, "test")).Queued.ShouldBe(1);
            (await heard.Reader.ReadAsync(Token)).ShouldEndWith($"\"content\":{content}}}");
        }
    }

    [Fact]
    public async Task A_refused_signal_is_counted_and_not_tried_again()
    {
        await using var device = await ConnectAsync();
        var outcome = await device.SendAsync("nobody.at.all", "1");
        (outcome.Status, outcome.Queued, outcome.Code).ShouldBe((404, 0, "user-not-listening"));
    }

    [Fact]
    public async Task A_device_whose_session_is_ended_by_the_server_knows_it()
    {
        var device = await ConnectAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(webapp.Url, "/disconnect"));
        request.Headers.Add("Authorization", device.Authorization);
        (await http.SendAsync(request, Token)).EnsureSuccessStatusCode().Dispose();

        var reason = await device.ClosedAsync().WaitAsync(Long, TimeProvider.System, Token);
        reason.ShouldNotBeNull().Code.ShouldBe(SignalBrokerCode.ListeningLost);
        await device.DisposeAsync();
    }

    [Fact]
    public async Task A_device_that_is_cut_reports_no_error_and_its_session_ends()
    {
        var device = await ConnectAsync();
        device.Cut();
        (await device.ClosedAsync().WaitAsync(Long, TimeProvider.System, Token)).ShouldBeNull();

        await using var other = await ConnectAsync();
        await Eventually.HoldsAsync(async () =>
            (await other.SendAsync(Addressee.OfSession(device.Session.ListeningKey), "1")).Queued.ShouldBe(0)
        );
    }

    [Fact]
    public async Task A_failure_has_the_most_telling_name()
    {
        using var nowhere = new DeviceConnections([new Uri("http://127.0.0.1:1")], new SourceAddresses());
        var failure = await Should.ThrowAsync<SignalBrokerException>(
            Device.ConnectOnceAsync(nowhere, null, _ => { }, Token)
        );
        Failures.CodeOf(failure).ShouldBe("connection-refused");
        Failures.MayPass(failure).ShouldBeTrue();
    }

    private Task<Device> ConnectAsync() => Device.ConnectOnceAsync(connections, null, _ => { }, Token);
}
