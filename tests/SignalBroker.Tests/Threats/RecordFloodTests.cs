using System.Net;
using System.Security.Cryptography;
using SignalBroker.Identity;
using SignalBroker.Push;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A flood of wrong attempts is a row or two with a count, and not a flood of rows.</summary>
public sealed class RecordFloodTests(TestCluster cluster)
{
    private const int Attempts = 200;

    [Fact]
    public async Task Wrong_passcodes_of_one_session_share_a_row_for_each_minute()
    {
        await using var listener = await Listener.StartAsync(cluster.Api);

        await FloodAsync(
            cluster.Api,
            () => listener.Session with { Passcode = RandomNumberGenerator.GetHexString(43) }
        );

        await ExpectFoldedAsync(row => row.ListeningKey == listener.Key, listener.Session.UserId);
    }

    [Fact]
    public async Task Made_up_keys_from_one_address_share_a_row_for_each_minute()
    {
        var from = IPAddress.Parse("127.0.0.62");
        var session = await cluster.Api.ConnectAsync();

        await FloodAsync(
            new Api(cluster.Servers.Webapps[0].PublicAddress, from),
            () => session with { ListeningKey = ListeningKey.Create() }
        );

        await ExpectFoldedAsync(row => row.Address == from.ToString(), userId: null);
    }

    [Fact]
    public async Task Wrong_logins_with_one_key_share_a_row_for_each_minute()
    {
        await using var listener = await Listener.StartAsync(cluster.Api);

        await Task.WhenAll(Enumerable.Range(0, Attempts).Select(_ => GuessAsync()));

        await ExpectFoldedAsync(row => row.ListeningKey == listener.Key, listener.Session.UserId);

        async Task GuessAsync()
        {
            await using var socket = await StompSocket.OpenAsync(listener.Session.ListeningAddress);
            (await socket.TryConnectAsync(listener.Key, RandomNumberGenerator.GetHexString(43))).ShouldBeFalse();
        }
    }

    private static async Task FloodAsync(Api api, Func<ConnectedSession> sender)
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, Attempts).Select(_ => api.ExchangeAsync(sender(), new { to = "anybody", content = 1 }))
        );
        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.Unauthorized);
    }

    private async Task ExpectFoldedAsync(Func<StrangeBehavior, bool> isMeant, string? userId) =>
        await Eventually.HoldsAsync(async () =>
        {
            var rows = await StrangeRows.FindAsync(cluster.InternalOf(1), "bruteForce", isMeant);
            rows.Sum(row => row.Times).ShouldBe(Attempts);
            rows.Count.ShouldBeLessThanOrEqualTo(2);
            rows.ShouldAllBe(row => row.UserId == userId && row.FirstAt <= row.LastAt);
        });
}
