using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Compatibility;

/// <summary>A webapp that is not told to serve the original project's page does not.</summary>
public sealed class OffByDefaultTests(TestCluster cluster)
{
    [Fact]
    public async Task The_form_of_the_original_client_is_refused_without_a_credential()
    {
        await using var alice = await ClientListener.StartAsync(cluster.Api);

        var exchange = await cluster.Api.PostFormAsync(
            "/exchange",
            new()
            {
                ["fromUserId"] = alice.Session.UserId,
                ["toUserId"] = alice.Session.UserId,
                ["content"] = "forged",
            }
        );
        var disconnect = await cluster.Api.PostFormAsync("/disconnect", new() { ["queueName"] = alice.Key });

        exchange.Status.ShouldBe(HttpStatusCode.Unauthorized);
        disconnect.Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await cluster.Api.ExchangeAsync(alice.Session, new { toSession = alice.Key, content = 1 })).Outcomes.ShouldBe([
            (alice.Key, "queued"),
        ]);
    }

    [Fact]
    public async Task A_user_id_and_a_listening_key_open_no_socket()
    {
        var answer = await cluster.Api.PostFormAsync(
            "/connect",
            new() { ["userId"] = "original-" + Guid.NewGuid().ToString("N") }
        );
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        var userId = answer.Json.GetProperty("userId").GetString()!;
        var key = answer.Json.GetProperty("listeningKey").GetString()!;
        await using var socket = await StompSocket.OpenAsync(answer.Json.GetProperty("listeningAddress").GetString()!);

        (await socket.TryConnectAsync(userId, key)).ShouldBeFalse();
        (await socket.TryConnectAsync(key, key)).ShouldBeFalse();
        (await socket.TryConnectAsync(userId, answer.Json.GetProperty("passcode").GetString()!)).ShouldBeFalse();
    }
}
