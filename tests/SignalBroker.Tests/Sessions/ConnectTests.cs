using System.Net;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Sessions;

/// <summary>What /connect and /disconnect promise.</summary>
public sealed class ConnectTests(TestCluster cluster)
{
    [Fact]
    public async Task A_session_is_answered_with_where_and_how_to_listen()
    {
        var session = await cluster.Api.ConnectAsync("Alice.B_c~d@e+f:g-1", "phone");

        session.UserId.ShouldBe("Alice.B_c~d@e+f:g-1");
        session.Device.ShouldBe("phone");
        session.Ack.ShouldBeFalse();
        ListeningKey.IsWellFormed(session.ListeningKey).ShouldBeTrue();
        session.Passcode.Length.ShouldBe(43);
        cluster.Servers.Nodes.ShouldContain(node => node.ListeningAddress == session.ListeningAddress);
        session.AckBy.Kind.ShouldBe(DateTimeKind.Utc);
    }

    [Fact]
    public async Task A_user_without_a_name_gets_one_of_its_own()
    {
        var one = await cluster.Api.ConnectAsync();
        var other = await cluster.Api.ConnectAsync();

        one.UserId.ShouldStartWith("anonymous.");
        other.UserId.ShouldNotBe(one.UserId);
        UserId.Read(one.UserId).ShouldBe(one.UserId);
    }

    [Fact]
    public async Task A_form_connects_as_well_as_JSON()
    {
        var answer = await cluster.Api.PostFormAsync("/connect", new() { ["userId"] = "form-user", ["device"] = "" });

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Json.GetProperty("userId").GetString().ShouldBe("form-user");
        answer.Json.TryGetProperty("device", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_disconnected_session_is_out_of_reach_at_once_and_its_socket_is_closed()
    {
        await using var alice = await Listener.StartAsync(cluster.Api);
        await using var bob = await Listener.StartAsync(cluster.Api);

        (await cluster.ApiOf(1).DisconnectAsync(bob.Session)).Status.ShouldBe(HttpStatusCode.NoContent);

        var answer = await cluster.ApiOf(1).ExchangeAsync(alice.Session, new { to = bob.Session.UserId, content = 1 });
        answer.Status.ShouldBe(HttpStatusCode.NotFound, answer.Body);
        await bob.Closed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(bob.Session.UserId)).ShouldBe(0));
    }

    [Fact]
    public async Task Disconnecting_twice_or_with_an_unknown_credential_is_no_error()
    {
        var session = await cluster.Api.ConnectAsync();

        for (var time = 0; time < 2; time++)
        {
            (await cluster.Api.DisconnectAsync(session)).Status.ShouldBe(HttpStatusCode.NoContent);
        }

        var unknown = session with { ListeningKey = ListeningKey.Create() };
        (await cluster.Api.DisconnectAsync(unknown)).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_wrong_passcode_disconnects_nobody()
    {
        await using var bob = await Listener.StartAsync(cluster.Api);

        await cluster.Api.DisconnectAsync(bob.Session with { Passcode = Passcode.Create() });

        (await cluster.Api.ExchangeAsync(bob.Session, new { to = bob.Session.UserId, content = 1 })).Outcomes.ShouldBe([
            (bob.Key, "queued"),
        ]);
    }

    [Fact]
    public async Task A_session_is_acked_when_the_broker_says_that_its_queue_exists()
    {
        await using var bob = await Listener.StartAsync(cluster.Api);

        await Eventually.HoldsAsync(async () => (await cluster.IsAckedAsync(bob.Key)).ShouldBe(true));
    }

    [Fact]
    public async Task A_broken_socket_ends_its_session()
    {
        await using var bob = await Listener.StartAsync(cluster.Api);

        bob.Abort();

        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(bob.Session.UserId)).ShouldBe(0));
    }

    [Fact]
    public async Task An_unacked_session_expires()
    {
        var session = await cluster.Api.ConnectAsync();

        await cluster.ExpireAsync(session.ListeningKey);

        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(session.UserId)).ShouldBe(0));
        await using var late = await StompSocket.OpenAsync(session.ListeningAddress);
        await late.ConnectAsync(session.ListeningKey, session.Passcode);
        await late.ExpectAsync("ERROR");
    }

    [Fact]
    public async Task Only_the_hash_of_a_passcode_is_stored()
    {
        var session = await cluster.Api.ConnectAsync();

        await using var command = cluster.Database.CreateCommand(
            "SELECT passcode_sha256, sessions::text LIKE '%' || $2 || '%' FROM sessions WHERE listening_key = $1"
        );
        command.Parameters.AddWithValue(session.ListeningKey);
        command.Parameters.AddWithValue(session.Passcode);
        await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        (await row.ReadAsync(TestContext.Current.CancellationToken)).ShouldBeTrue();
        row.GetFieldValue<byte[]>(0).ShouldBe(PasscodeHash.Of(session.Passcode).ToArray());
        row.GetBoolean(1).ShouldBeFalse();
    }
}
