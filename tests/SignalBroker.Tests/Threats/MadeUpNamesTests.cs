using System.Net;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.LocalCluster;
using SignalBroker.Push;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Threats;

/// <summary>A webapp on which ten names of one address may be new at once, and as many memberships.</summary>
public sealed class FewNames(TestCluster cluster) : IAsyncLifetime
{
    public const int AtOnce = 10;

    public Webapp Webapp { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Webapp = await cluster.Servers.AddWebappAsync([
            new("Users:NewPerDayOfAddress", $"{DailyBudget.Parts * AtOnce}"),
            new("Rooms:MembershipsPerDayOfAddress", $"{DailyBudget.Parts * AtOnce}"),
            new("Rooms:ChangesPerSecondOfUser", "100000"),
        ]);
        await cluster.AllNodesReadyAsync();
    }

    public async ValueTask DisposeAsync() => await Webapp.StopAsync();
}

/// <summary>Names that somebody has made up leave nothing behind, or little.</summary>
public sealed class MadeUpNamesTests(TestCluster cluster, FewNames few) : IClassFixture<FewNames>
{
    private readonly string made = $"made-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_name_that_never_listened_is_not_remembered()
    {
        for (var number = 0; number < 20; number++)
        {
            await cluster.Api.ConnectAsync($"{made}-{number}", $"device-{number}");
        }

        (await CountAsync("users")).ShouldBe(0);
        (await CountAsync("inbox_devices")).ShouldBe(0);
    }

    [Fact]
    public async Task Of_many_devices_that_were_there_once_those_are_remembered_that_may_be()
    {
        for (var number = 0; number < 40; number++)
        {
            await using var listener = await Listener.StartAsync(cluster.Api, made, $"device-{number}");
            await Eventually.HoldsAsync(async () => (await cluster.IsAckedAsync(listener.Key)).ShouldBe(true));
            // Its session is gone before the next one comes.
            await cluster.Api.DisconnectAsync(listener.Session);
        }

        (await CountAsync("users")).ShouldBe(1);
        await Eventually.HoldsAsync(async () =>
        {
            await using var again = await Listener.StartAsync(cluster.Api, made, "again");
            await Eventually.HoldsAsync(async () => (await cluster.IsAckedAsync(again.Key)).ShouldBe(true));
            (await CountAsync("inbox_devices")).ShouldBeInRange(1, 16);
        });
    }

    [Fact]
    public async Task The_inbox_of_a_name_that_nobody_bears_goes_with_what_was_stored_there()
    {
        var sender = await cluster.Api.ConnectAsync();
        (await cluster.Api.StoreAsync(sender, made, 1, timeToLive: 1000)).ShouldBeStored();
        (await CountAsync("inboxes")).ShouldBe(1);

        await Eventually.HoldsAsync(async () => (await CountAsync("inboxes")).ShouldBe(0));

        await using var listener = await Listener.StartAsync(cluster.Api, made);
        await Eventually.HoldsAsync(async () => (await cluster.IsAckedAsync(listener.Key)).ShouldBe(true));
        (await cluster.Api.StoreAsync(sender, made, 2, timeToLive: 1)).ShouldBeStored();
        await Eventually.HoldsAsync(async () => (await CountAsync("inbox_entries")).ShouldBe(0));
        (await CountAsync("inboxes")).ShouldBe(1, "whoever has listened may ask what has expired");
    }

    [Fact]
    public async Task An_address_has_so_many_new_names_and_those_that_are_known_come_back()
    {
        var api = From("127.0.7.1");
        await using var known = await Listener.StartAsync(api, $"{made}-known", "phone");
        await Eventually.HoldsAsync(async () => (await cluster.IsAckedAsync(known.Key)).ShouldBe(true));
        Answer answer;
        var opened = 1;
        while (
            (answer = await api.PostAsync("/connect", new { userId = $"{made}-{opened}" })).Status == HttpStatusCode.OK
        )
        {
            opened.ShouldBeLessThan(3 * FewNames.AtOnce);
            opened++;
        }

        answer.Status.ShouldBe(HttpStatusCode.TooManyRequests, answer.Body);
        answer.Code.ShouldBe("too-many-new-users-of-address");
        answer.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
        opened.ShouldBeInRange(FewNames.AtOnce, FewNames.AtOnce + 1);
        (await api.PostAsync("/connect", new { })).Code.ShouldBe("too-many-new-users-of-address");
        (await api.PostAsync("/connect", new { userId = $"{made}-known", device = "new" })).Code.ShouldBe(
            "too-many-new-users-of-address"
        );
        await api.ConnectAsync($"{made}-known", "phone");
        await api.ConnectAsync($"{made}-known");
        await From("127.0.7.2").ConnectAsync($"{made}-elsewhere");
    }

    [Fact]
    public async Task An_address_has_so_many_new_memberships_and_members_may_join_again()
    {
        var api = From("127.0.7.3");
        var session = await api.ConnectAsync(made);
        string? room = null;
        Answer answer;
        var begun = 0;
        while (
            (answer = await api.RoomsAsync(HttpMethod.Post, "", session, new { open = true })).Status
            == HttpStatusCode.Created
        )
        {
            room = answer.Json.Text("room");
            begun.ShouldBeLessThan(3 * FewNames.AtOnce);
            begun++;
        }

        answer.Status.ShouldBe(HttpStatusCode.TooManyRequests, answer.Body);
        answer.Code.ShouldBe("too-many-memberships-of-address");
        answer.Headers.RetryAfter.ShouldNotBeNull();
        begun.ShouldBeInRange(FewNames.AtOnce, FewNames.AtOnce + 1);
        var other = await api.ConnectAsync($"{made}-other");
        (await api.RoomsAsync(HttpMethod.Post, $"/{room}/join", other, new { })).Code.ShouldBe(
            "too-many-memberships-of-address"
        );
        await api.JoinRoomAsync(session, room!);
        var elsewhere = From("127.0.7.4");
        await elsewhere.JoinRoomAsync(await elsewhere.ConnectAsync(), room!);
    }

    [Fact]
    public async Task A_membership_that_the_database_did_not_begin_does_not_count()
    {
        var owner = From("127.0.7.7");
        var room = (await owner.CreateRoomAsync(await owner.ConnectAsync())).Text("room")!;
        var api = From("127.0.7.8");
        var sessions = new List<ConnectedSession>();
        for (var number = 0; number < FewNames.AtOnce; number++)
        {
            sessions.Add(await api.ConnectAsync($"{made}-{number}"));
        }

        var cancellation = TestContext.Current.CancellationToken;
        await using (var connection = await cluster.Database.OpenConnectionAsync(cancellation))
        await using (await connection.BeginTransactionAsync(cancellation))
        {
            await connection.ExecuteAsync("SELECT FROM rooms WHERE room_id = @room FOR UPDATE", new { room });

            var answers = await Task.WhenAll(sessions.Select(session => JoinAsync(api, session, room)));

            answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.ServiceUnavailable);
        }

        (await JoinAsync(api, sessions[0], room)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Sessions_of_an_address_that_never_listen_are_a_few_rows_and_a_count()
    {
        var address = IPAddress.Parse("127.0.7.5");
        var flood = 1_000;
        using var log = LogWith(detailsOfAddress: 80);
        for (var number = 0; number < flood; number++)
        {
            log.Record(
                new(StrangeKind.NeverAcked, "no listener came in time")
                {
                    Node = made,
                    ListeningKey = $"s.{made}-{number}",
                    UserId = $"{made}-{number}",
                    Address = address,
                }
            );
        }

        await log.WriteAsync();

        var rows = await StrangeRows.FindAsync(cluster.InternalOf(0), "neverAcked", row => row.Node == made);
        rows.Count.ShouldBeInRange(10, 12);
        rows.Sum(row => row.Times).ShouldBe(flood);
        rows.ShouldAllBe(row => row.Address == address.ToString());
    }

    [Fact]
    public async Task Made_up_keys_do_not_hide_whose_session_is_guessed_at()
    {
        using var log = LogWith(detailsOfAddress: 80);
        for (var number = 0; number < 1_000; number++)
        {
            log.Record(
                new(StrangeKind.BruteForce, "login with a key that no session bears")
                {
                    Node = made,
                    ListeningKey = $"s.{made}-{number}",
                }
            );
        }

        log.Record(
            new(StrangeKind.BruteForce, "login with a wrong passcode")
            {
                Node = made,
                ListeningKey = $"s.{made}",
                UserId = made,
            }
        );
        await log.WriteAsync();

        var rows = await StrangeRows.FindAsync(cluster.InternalOf(0), "bruteForce", row => row.Node == made);
        rows.Select(row => (row.ListeningKey, row.Times))
            .ShouldBe([(null, 1_000), ($"s.{made}", 1)], ignoreOrder: true);
    }

    [Fact]
    public async Task A_session_that_never_listened_is_recorded_with_its_address()
    {
        var session = await From("127.0.7.6").ConnectAsync(made);
        await cluster.ExpireAsync(session.ListeningKey);

        var row = await StrangeRows.ExpectAsync(cluster.InternalOf(0), "neverAcked", session.ListeningKey);

        row.Address.ShouldBe("127.0.7.6");
    }

    private StrangeBehaviorLog LogWith(int detailsOfAddress) =>
        new(
            new(cluster.Database),
            new(Meters.Factory),
            Options.Create(new StrangeBehaviorsOptions { DetailedPerDayOfAddress = detailsOfAddress }),
            TimeProvider.System,
            NullLogger<StrangeBehaviorLog>.Instance
        );

    private static Task<Answer> JoinAsync(Api api, ConnectedSession session, string room) =>
        api.RoomsAsync(HttpMethod.Post, $"/{room}/join", session, new { });

    private Api From(string address) => new(few.Webapp.PublicAddress, IPAddress.Parse(address));

    private async Task<long> CountAsync(string table)
    {
        await using var connection = await cluster.Database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<long>(
            $"SELECT count(*) FROM {table} WHERE starts_with(user_id, @made)",
            new { made }
        );
    }
}
