using System.Net.WebSockets;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Failures;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox.History;

namespace SignalBroker.Tests.Inbox;

/// <summary>A server that is killed amid storing, delivering and settling makes no inbox break a promise.</summary>
public sealed class InboxLossTests(FailureCluster cluster) : FailureTests(cluster)
{
    private const int SentBefore = 40;
    private const int SentWhileGone = 20;
    private const int SentAfter = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    [Fact]
    public Task A_webapp_that_is_killed() => IsMissedByNoInboxAsync(Cluster.Servers.Webapps[0], SentWhileGone);

    [Fact]
    public Task A_node_that_is_killed() => IsMissedByNoInboxAsync(Cluster.Victim, SentWhileGone);

    [Fact]
    public Task A_PostgreSQL_that_is_killed() => IsMissedByNoInboxAsync(Cluster.Servers.Postgres, 0);

    private async Task IsMissedByNoInboxAsync(Part part, int whileGone)
    {
        var userId = "owner-" + Guid.NewGuid();
        var sender = new HistorySender(ApiOf, userId);
        await using var phone = new HistoryDevice(ApiOf, userId, "phone");
        await using var laptop = new HistoryDevice(ApiOf, userId, "laptop");
        await phone.ListenAsync(0);
        await laptop.ListenAsync(1);
        using var stopping = new CancellationTokenSource();
        var living = Task.WhenAll(LiveAsync(phone, 0, stopping.Token), LiveAsync(laptop, 1, stopping.Token));
        var sending = SendAsync(sender, SentBefore + whileGone);
        await Eventually.HoldsAsync(() =>
        {
            sender.Count.ShouldBeGreaterThan(SentBefore / 2);
            return Task.CompletedTask;
        });

        await part.KillAsync();
        if (whileGone > 0)
        {
            await sending;
        }

        await part.StartAsync(Token);
        await sending;
        await SendAsync(sender, SentAfter);

        await stopping.CancelAsync();
        await living;
        await HistoryEnd.ReachAsync(ApiOf, Cluster.Servers.Postgres.ConnectionString, userId, sender, [phone, laptop]);
        Measured(
            $"{sender.Count} signals, received by phone {phone.Received.Count} and by laptop {laptop.Received.Count} times, in {phone.Sessions} and {laptop.Sessions} sessions"
        );
    }

    private static async Task SendAsync(HistorySender sender, int signals)
    {
        for (var number = 0; number < signals; number++)
        {
            await sender.SendAsync(number, number % 3 == 0 ? "ifOffline" : "always");
        }
    }

    // Comes back whenever its socket is lost, loses it now and then by itself, and settles what it has.
    private static async Task LiveAsync(HistoryDevice device, int webapp, CancellationToken stopping)
    {
        for (var turn = 0; !stopping.IsCancellationRequested; turn++)
        {
            try
            {
                await device.ListenAsync(webapp + turn);
                await device.SettleAsync(webapp + turn);
                if (turn % 25 == 24)
                {
                    await device.BreakAsync();
                }
            }
            catch (Exception lost)
                when (lost
                        is HttpRequestException
                            or WebSocketException
                            or ShouldAssertException
                            or OperationCanceledException
                )
            {
                // The next turn is at another webapp.
            }

            await Task.Delay(Pause, TimeProvider.System, Token);
        }
    }

    private Api ApiOf(int number) => Cluster.ApiOf(number % 2);
}
