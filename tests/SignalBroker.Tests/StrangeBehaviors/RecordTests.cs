using System.Net;
using SignalBroker.Identity;
using SignalBroker.Push;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.StrangeBehaviors;

/// <summary>What should not happen is written down, with all that is known about it.</summary>
public sealed class RecordTests(TestCluster cluster)
{
    private Api Admin => cluster.InternalOf(0);

    [Fact]
    public async Task A_session_whose_listener_never_came_is_recorded()
    {
        var unheard = await cluster.Api.ConnectAsync();
        var silent = await cluster.Api.ConnectAsync();
        await using var socket = await StompSocket.OpenAsync(silent.ListeningAddress);
        (await socket.TryConnectAsync(silent.ListeningKey, silent.Passcode)).ShouldBeTrue();

        var before = TimeProvider.System.GetUtcNow().UtcDateTime;
        await cluster.ExpireAsync(unheard.ListeningKey, silent.ListeningKey);

        var row = await StrangeRows.ExpectAsync(Admin, "neverAcked", unheard.ListeningKey);
        var other = await StrangeRows.ExpectAsync(Admin, "neverAcked", silent.ListeningKey);

        ExpectAbout(row, StrangeKind.NeverAcked, unheard, cluster.NodeOf(unheard).Name);
        ExpectAbout(other, StrangeKind.NeverAcked, silent, cluster.NodeOf(silent).Name);
        row.FirstAt.ShouldBeGreaterThanOrEqualTo(before);
        other.Detail.ShouldNotBe(row.Detail);
        (await cluster.RowsOfAsync(unheard.UserId)).ShouldBe(0);
        (await cluster.RowsOfAsync(silent.UserId)).ShouldBe(0);
    }

    [Fact]
    public async Task A_login_at_another_node_is_recorded()
    {
        var sessions = await cluster.ConnectOnEachNodeAsync();
        await using var socket = await StompSocket.OpenAsync(sessions[1].ListeningAddress);

        (await socket.TryConnectAsync(sessions[0].ListeningKey, sessions[0].Passcode)).ShouldBeFalse();

        var row = await StrangeRows.ExpectAsync(Admin, "wrongNode", sessions[0].ListeningKey);
        ExpectAbout(row, StrangeKind.WrongNode, sessions[0], cluster.NodeOf(sessions[1]).Name);
        row.Detail.ShouldContain(cluster.NodeOf(sessions[0]).Name);
    }

    [Fact]
    public async Task A_second_login_is_recorded_even_when_the_session_ends_at_once()
    {
        var first = await Listener.StartAsync(cluster.Api);
        await using (var second = await StompSocket.OpenAsync(first.Session.ListeningAddress))
        {
            (await second.TryConnectAsync(first.Key, first.Session.Passcode)).ShouldBeFalse();
        }

        await first.DisposeAsync();

        var row = await StrangeRows.ExpectAsync(Admin, "secondAdmission", first.Key);
        ExpectAbout(row, StrangeKind.SecondAdmission, first.Session, cluster.NodeOf(first.Session).Name);
    }

    [Fact]
    public async Task A_guessed_passcode_is_recorded_wherever_it_is_tried()
    {
        var from = IPAddress.Parse("127.0.0.61");
        await using var listener = await Listener.StartAsync(cluster.Api);
        var guess = listener.Session with { Passcode = "not-the-passcode" };
        await using var socket = await StompSocket.OpenAsync(guess.ListeningAddress);

        (await socket.TryConnectAsync(guess.ListeningKey, guess.Passcode)).ShouldBeFalse();
        var api = new Api(cluster.Servers.Webapps[1].PublicAddress, from);
        (await api.ExchangeAsync(guess, new { to = "anybody", content = 1 })).Status.ShouldBe(
            HttpStatusCode.Unauthorized
        );

        await Eventually.HoldsAsync(async () =>
        {
            var rows = await StrangeRows.FindAsync(Admin, "bruteForce", row => row.ListeningKey == listener.Key);
            rows.Count.ShouldBe(2);
            var login = rows.Single(row => row.Node is not null);
            var request = rows.Single(row => row.Node is null);
            ExpectAbout(login, StrangeKind.BruteForce, listener.Session, cluster.NodeOf(listener.Session).Name);
            ExpectAbout(request, StrangeKind.BruteForce, listener.Session, node: null);
            login.Address.ShouldBeNull();
            request.Address.ShouldBe(from.ToString());
            request.Detail.ShouldContain("/exchange");
        });
    }

    [Fact]
    public async Task The_record_is_read_page_by_page()
    {
        foreach (var _ in Enumerable.Range(0, 3))
        {
            var sessions = await cluster.ConnectOnEachNodeAsync();
            await using var socket = await StompSocket.OpenAsync(sessions[1].ListeningAddress);
            await socket.TryConnectAsync(sessions[0].ListeningKey, sessions[0].Passcode);
            await StrangeRows.ExpectAsync(Admin, "wrongNode", sessions[0].ListeningKey);
        }

        var newest = await StrangeRows.ReadAsync(Admin, "kind=wrongNode&limit=2");
        var older = await StrangeRows.ReadAsync(Admin, $"kind=wrongNode&limit=2&before={newest[^1].Id}");

        newest.Count.ShouldBe(2);
        older.Count.ShouldBeGreaterThan(0);
        long[] ids = [.. newest.Concat(older).Select(row => row.Id)];
        ids.ShouldBe(ids.Distinct().OrderDescending());
        newest.Concat(older).ShouldAllBe(row => row.Kind == StrangeKind.WrongNode);
        (await StrangeRows.ReadAsync(Admin, "kind=WRONGNODE&before=1")).ShouldBeEmpty();
        (await StrangeRows.ReadAsync(Admin, "limit=0")).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("kind=nonsense")]
    [InlineData("kind=1")]
    [InlineData("kind=")]
    [InlineData("kind=wrongNode,junkQueue")]
    [InlineData("limit=many")]
    [InlineData("before=yesterday")]
    public async Task A_question_that_makes_no_sense_is_a_bad_request(string query) =>
        (await Admin.GetAsync($"/admin/strange-behaviors?{query}")).Status.ShouldBe(HttpStatusCode.BadRequest);

    private static void ExpectAbout(StrangeBehavior row, StrangeKind kind, ConnectedSession session, string? node)
    {
        row.Kind.ShouldBe(kind);
        row.ListeningKey.ShouldBe(session.ListeningKey);
        row.UserId.ShouldBe(session.UserId);
        row.Node.ShouldBe(node);
        row.Times.ShouldBe(1);
        row.LastAt.ShouldBe(row.FirstAt);
        row.Detail.ShouldNotBeEmpty();
    }
}
