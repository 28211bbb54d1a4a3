using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Presence;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Threats;

/// <summary>An id that a parser of addresses takes for a step in the path, or that is the name of another call.</summary>
public sealed class PathTests(TestCluster cluster)
{
    private Api Api => cluster.Api;

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("subscriptions")]
    public async Task A_user_s_id_in_a_body_is_that_user_and_nothing_else(string id)
    {
        var viewer = await Api.ConnectAsync();
        await using var listener = await Listener.StartAsync(Api, id);

        await Eventually.HoldsAsync(async () =>
        {
            var answer = await Api.PostAsync("/presence", new { users = new[] { id } }, viewer.Authorization);
            var presence = answer.Json.GetProperty("presence").EnumerateArray().ShouldHaveSingleItem();
            (presence.User, presence.State).ShouldBe((id, "listening"));
        });
    }

    [Fact]
    public async Task The_name_of_a_call_is_not_taken_for_a_user()
    {
        var viewer = await Api.ConnectAsync();

        var answer = await Api.GetAsync("/presence/subscriptions", viewer);

        answer.Json.TryGetProperty("userId", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("..%2f..")]
    [InlineData("%252e%252e")]
    [InlineData("..%5c")]
    [InlineData("%2e%2e%2fmembers")]
    [InlineData("join-code")]
    public async Task A_member_that_nobody_is_closes_no_room(string member)
    {
        var owner = await Api.ConnectAsync();
        var room = (await Api.CreateRoomAsync(owner)).Text("room")!;

        // As it is: .NET's own parser would take the steps.
        var uri = new Uri(
            new Uri(Api.Address, $"/rooms/{room}/members/") + member,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
        );
        var answer = await Api.SendAsync(new HttpRequestMessage(HttpMethod.Delete, uri), owner.Authorization);

        answer.Status.ShouldBe(HttpStatusCode.NotFound, answer.Body);
        (await Api.RoomsAsync(HttpMethod.Get, $"/{room}", owner)).Status.ShouldBe(HttpStatusCode.OK);
    }
}
