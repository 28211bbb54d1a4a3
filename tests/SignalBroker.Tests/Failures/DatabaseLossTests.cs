using System.Diagnostics;
using System.Net;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>What the loss of PostgreSQL means to requests and to listeners.</summary>
public sealed class DatabaseLossTests(FailureCluster cluster) : FailureTests(cluster)
{
    /// <summary>How much later than promised something may come on a busy machine.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);

    /// <summary>No request waits longer for a database that does not answer: a statement's time-out, its cancelling, and slack.</summary>
    private static readonly TimeSpan RefusedWithin = TimeSpan.FromSeconds(10) + Slack;

    /// <summary>More than a webapp's pool of connections.</summary>
    private const int Crowd = 40;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Listeners_outlive_a_restart_of_PostgreSQL(bool killed)
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Victim);
        await Cluster.NextSignalArrivesAsync(0, sender, receiver);
        await Cluster.NextSignalArrivesAsync(1, sender, receiver);

        await (killed ? Cluster.Servers.Postgres.KillAsync() : Cluster.Servers.Postgres.StopAsync(Token));

        for (var webapp = 0; webapp < 2; webapp++)
        {
            await RefusesAsync(webapp, sender, receiver);
        }

        await Cluster.Servers.Postgres.StartAsync(Token);
        var watch = Stopwatch.StartNew();
        for (var webapp = 0; webapp < 2; webapp++)
        {
            await IsReadyAsync(webapp);
        }

        Measured("ready after PostgreSQL answers", watch.Elapsed);
        await EverybodyIsServedAsync(sender, receiver);
    }

    [Fact]
    public async Task A_restart_of_PostgreSQL_that_nobody_notices_fails_no_request_afterwards()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Victim);
        await FillPoolsAsync();

        await Cluster.Servers.Postgres.KillAsync();
        await Cluster.Servers.Postgres.StartAsync(Token);

        var watch = Stopwatch.StartNew();
        for (var webapp = 0; webapp < 2; webapp++)
        {
            await IsReadyAsync(webapp);
            var api = Cluster.ApiOf(webapp);
            var answers = await Task.WhenAll(
                Enumerable.Range(0, Crowd).Select(_ => api.PostAsync("/connect", new { }))
            );
            answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        }

        Measured("A crowd's connects succeed after PostgreSQL answers, in", watch.Elapsed);
        await EverybodyIsServedAsync(sender, receiver);
    }

    [Fact]
    public async Task No_request_waits_long_for_a_paused_PostgreSQL()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Victim);

        await FillPoolsAsync();

        Cluster.Servers.Postgres.Pause();

        // Some at once, which take all connections; others later, which wait for one or for those before them.
        var api = Cluster.ApiOf(0);
        var requests = Enumerable
            .Range(0, Crowd)
            .Select(_ => AnsweredInTimeAsync(() => api.PostAsync("/connect", new { })))
            .ToList();
        var slowest = TimeSpan.Zero;
        for (var round = 0; round < 20; round++)
        {
            requests.Add(AnsweredInTimeAsync(() => ExchangeAsync(api, sender, receiver)));
            requests.Add(AnsweredInTimeAsync(() => api.DisconnectAsync(receiver.Session)));
            var watch = Stopwatch.StartNew();
            (await api.GetAsync("/health/live")).Status.ShouldBe(HttpStatusCode.OK);
            slowest = watch.Elapsed > slowest ? watch.Elapsed : slowest;
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Token);
        }

        Measured("the slowest answer about liveness took", slowest);
        // Milliseconds on an idle machine, and as long as the database is away if it waited for it.
        slowest.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        var readiness = await AnsweredInTimeAsync(() => api.GetAsync("/health/ready"));
        readiness.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        foreach (var answer in await Task.WhenAll(requests))
        {
            // Signals that find their addressee in memory still pass.
            if (answer.Status != HttpStatusCode.OK)
            {
                IsDatabaseUnavailable(answer);
            }
        }

        Cluster.Servers.Postgres.Resume();
        await IsReadyAsync(0);
        await IsReadyAsync(1);
        await using var other = await Cluster.ListenOnAsync(Cluster.Victim);
        await EverybodyIsServedAsync(sender, other);
    }

    [Fact]
    public async Task A_webapp_that_hears_of_no_changes_refuses_a_revoked_credential_in_time()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Victim);
        await Eventually.HoldsAsync(async () => (await Cluster.HearersAsync()).Count.ShouldBe(2));
        await Cluster.NextSignalArrivesAsync(0, sender, receiver);
        var hearers = await Cluster.HearersAsync();
        Signal("STOP", hearers);
        try
        {
            (await Cluster.ApiOf(1).DisconnectAsync(sender.Session)).Status.ShouldBe(HttpStatusCode.NoContent);
            await Eventually.HoldsAsync(
                async () =>
                    (await ExchangeAsync(Cluster.ApiOf(0), sender, receiver)).Status.ShouldBe(
                        HttpStatusCode.Unauthorized
                    ),
                SessionDirectory.MaxMemoryAge + Slack
            );
        }
        finally
        {
            Signal("CONT", hearers);
        }

        await Eventually.HoldsAsync(async () => (await Cluster.HearersAsync()).Count.ShouldBe(2));
        await using var other = await Cluster.ListenOnAsync(Cluster.Bystander);
        await EverybodyIsServedAsync(other, receiver);
    }

    private static void Signal(string name, IReadOnlyList<int> processes) =>
        Process.Start("kill", [$"-{name}", .. processes.Select(id => $"{id}")]).WaitForExit();

    // With connections that a restart breaks, and on which a frozen server does not answer.
    private async Task FillPoolsAsync()
    {
        for (var webapp = 0; webapp < 2; webapp++)
        {
            var api = Cluster.ApiOf(webapp);
            var sessions = await Task.WhenAll(Enumerable.Range(0, Crowd).Select(_ => api.ConnectAsync()));
            await Task.WhenAll(sessions.Select(api.DisconnectAsync));
        }
    }

    private async Task RefusesAsync(int webapp, Listener sender, Listener receiver)
    {
        var api = Cluster.ApiOf(webapp);
        IsDatabaseUnavailable(await AnsweredInTimeAsync(() => api.PostAsync("/connect", new { })));
        IsDatabaseUnavailable(await AnsweredInTimeAsync(() => api.DisconnectAsync(receiver.Session)));
        // Its memory is cleared as soon as it can't hear of changes any more.
        await Eventually.HoldsAsync(
            async () => IsDatabaseUnavailable(await ExchangeAsync(api, sender, receiver)),
            Slack
        );
        (await api.GetAsync("/health/live")).Status.ShouldBe(HttpStatusCode.OK);
        (await AnsweredInTimeAsync(() => api.GetAsync("/health/ready"))).Status.ShouldBe(
            HttpStatusCode.ServiceUnavailable
        );
    }

    private async Task EverybodyIsServedAsync(Listener sender, Listener receiver)
    {
        for (var webapp = 0; webapp < 2; webapp++)
        {
            await Cluster.NextSignalArrivesAsync(webapp, sender, receiver);
        }

        // One user's two devices: what the webapps remember of the first must not hide the second.
        for (var webapp = 0; webapp < 2; webapp++)
        {
            var session = await Cluster.ApiOf(webapp).ConnectAsync(receiver.Session.UserId);
            await using var fresh = await Listener.StartAsync(session);
            for (var through = 0; through < 2; through++)
            {
                var answer = await ExchangeAsync(Cluster.ApiOf(through), sender, receiver);
                answer.Outcomes.ShouldBe([(receiver.Key, "queued"), (fresh.Key, "queued")], ignoreOrder: true);
                var id = answer.Json.GetProperty("id").GetString()!;
                await FailureCluster.ReceivesAsync(fresh, id);
                await FailureCluster.ReceivesAsync(receiver, id);
            }

            await Cluster.ApiOf(webapp).DisconnectAsync(session);
        }
    }

    private async Task IsReadyAsync(int webapp) =>
        await Eventually.HoldsAsync(
            async () => (await Cluster.ApiOf(webapp).GetAsync("/health/ready")).Status.ShouldBe(HttpStatusCode.OK),
            RefusedWithin
        );

    private static async Task<Answer> AnsweredInTimeAsync(Func<Task<Answer>> request)
    {
        var watch = Stopwatch.StartNew();
        var answer = await request();
        watch.Elapsed.ShouldBeLessThan(RefusedWithin, answer.Body);
        return answer;
    }

    private static void IsDatabaseUnavailable(Answer answer)
    {
        answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, answer.Body);
        answer.Code.ShouldBe("database-unavailable");
        answer.Headers.RetryAfter.ShouldNotBeNull();
    }

    private static Task<Answer> ExchangeAsync(Api api, Listener sender, Listener receiver) =>
        api.ExchangeAsync(sender.Session, new { to = receiver.Session.UserId, content = "next" });
}
